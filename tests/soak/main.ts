// deno-lint-ignore-file no-console
/**
 * Soaks a pool: `deno task soak --minutes 10 --seed 7`. Ends with 1 if a task was lost, doubled or wrong, or a process is left.
 */
import { parseArgs } from "@std/cli";
import { soak } from "./soak.ts";

const args = parseArgs(Deno.args, { string: ["minutes", "seed"] });
const minutes = Number(args.minutes ?? 1);
const seed = Number(args.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("Cannot soak: --minutes takes a number above 0, --seed a whole number");
  Deno.exit(2);
}

console.log(`soak: seed ${seed}, ${minutes} minutes`);
const report = await soak(seed, minutes * 60_000);
console.table(report.kinds);
const { before, after } = report;
const count = (kind: string): number => report.faults.filter((fault) => fault.startsWith(kind)).length;
console.log(
  [
    `${report.tasks} tasks, ${report.kills} kills, ${report.stops} stops, ${report.blocks} blocks of the program`,
    `lost ${count("lost")}, doubled ${count("doubled")}, wrong ${count("wrong")}, processes left ${count("left")}`,
    `resident ${before.rssMiB} → ${after.rssMiB} MiB, descriptors ${before.descriptors} → ${after.descriptors}`,
    `worst delay of a 50 ms timer: ${Math.round(report.worstDelayMs)} ms`,
  ].join("\n"),
);
for (const fault of report.faults.slice(0, 20)) console.error(fault);
Deno.exit(report.faults.length === 0 ? 0 : 1);
