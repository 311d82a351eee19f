// deno-lint-ignore-file no-console
/**
 * Ten children fill a list of lists, two dicts, a number and an array that they share, all at once. Nothing is lost.
 *
 *     deno run --allow-run=deno examples/shared_state/main.ts
 *
 * The children may only compute. The objects live in this program; a child changes them by messages to it.
 */
import { Manager, Process } from "@corral/multiprocessing";
import { type Shared, work } from "./tasks.ts";

const CHILDREN = 10;

await using manager = new Manager();
const rows = Array.from({ length: CHILDREN }, () => manager.list<number>());
const shared: Shared = {
  rows: manager.list(rows),
  squares: manager.dict<number, number>(),
  words: manager.dict<string, number>({ even: 0, odd: 0 }),
  total: manager.value(0),
  histogram: manager.array(3),
};

const module = import.meta.resolve("./tasks.ts");
const children = rows.map((_, index) => new Process({ module, target: work, args: [shared, index] }));
for (const child of children) child.start();
for (const child of children) await child.join();

console.log("exit codes", children.map(({ exitCode }) => exitCode).join(" "));
console.log("rows", JSON.stringify(await Promise.all(rows.map((row) => row.toArray()))));
console.log("squares", [...await shared.squares.toMap()].sort(([a], [b]) => a - b).join(" "));
console.log("words", await shared.words.toObject());
console.log("total", await shared.total.get());
console.log("histogram", await shared.histogram.toArray());
