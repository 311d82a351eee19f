import process from "node:process";
import { rows } from "./rows.mjs";

/**
 * The protocol that every contender follows: its last argument has rows and their parameters as JSON, and it prints one line of JSON with the samples of each.
 *
 * @param {(row: string) => import("./rows.mjs").Contender} open
 * @param {Record<string, (parameters: import("./rows.mjs").Parameters) => Promise<import("./rows.mjs").Measured>>} [own] rows that only this one has
 */
export async function main(open, own = {}) {
  for (const [row, parameters] of JSON.parse(process.argv.at(-1))) {
    const measured = own[row] ? await own[row](parameters) : await rows[row](() => open(row), parameters);
    await new Promise((resolve) => process.stdout.write(`${JSON.stringify(measured)}\n`, resolve));
  }
  process.exit(0);
}
