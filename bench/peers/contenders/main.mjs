import process from "node:process";
import { rows } from "./rows.mjs";

/**
 * The protocol that every contender follows: a row and its parameters as arguments, one line of JSON with the samples on stdout.
 *
 * @param {(row: string) => import("./rows.mjs").Contender} open
 * @param {Record<string, (parameters: import("./rows.mjs").Parameters) => Promise<import("./rows.mjs").Measured>>} [own] rows that only this one has
 */
export async function main(open, own = {}) {
  const [row, json] = process.argv.slice(-2);
  const parameters = JSON.parse(json);
  const measured = own[row] ? await own[row](parameters) : await rows[row](() => open(row), parameters);
  process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
}
