import process from "node:process";
import { rows } from "./rows.mjs";

/** What changes a pool, or is about its beginning, or wants another one than the others. */
const ROWS_WITH_OWN_POOL = ["bytes", "start", "memory", "recovery", "losses"];

/**
 * The protocol that every contender follows: its last argument has rows and their parameters as JSON, and it prints one line of JSON with the samples of each.
 * A row that is measured is asked for alone; several, which are only to run, share a pool.
 *
 * @param {(row: string) => import("./rows.mjs").Contender} open
 * @param {Record<string, (parameters: import("./rows.mjs").Parameters) => Promise<import("./rows.mjs").Measured>>} [own] rows that only this one has
 */
export async function main(open, own = {}) {
  const asked = JSON.parse(process.argv.at(-1));
  let shared;
  const openShared = (row) => shared ??= { ...open(row), close: () => Promise.resolve() };
  for (const [row, parameters] of asked) {
    const openFor = asked.length === 1 || ROWS_WITH_OWN_POOL.includes(row) ? open : openShared;
    const measured = own[row] ? await own[row](parameters) : await rows[row](() => openFor(row), parameters);
    await new Promise((resolve) => process.stdout.write(`${JSON.stringify(measured)}\n`, resolve));
  }
  process.exit(0);
}
