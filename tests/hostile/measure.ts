// deno-lint-ignore-file no-console
/**
 * Measures what attacks of a worker cost the program: `deno task attacks`, or with parts of their names. For each: how late a timer of
 * 10 ms was, by how much the program grew, and how often the other worker was called meanwhile. On a machine that does nothing else.
 */
import { floodKinds, frameKinds, smallKinds } from "../fixtures/attacks/costly_floods.ts";
import { oftenKinds, onceKinds } from "../fixtures/attacks/costly_messages.ts";
import { type AttackModule, underAttacks } from "../helpers/pools/attacks.ts";

const FOR_MS = 1500;

type Attack = [module: AttackModule, name: string, ...args: unknown[]];

const attacks: Attack[] = [
  ...onceKinds.map((kind): Attack => ["costly_messages", "attackOnce", kind]),
  ...oftenKinds.map((kind): Attack => ["costly_messages", "attackOften", kind, 100]),
  ["costly_messages", "attackByParts", 32 * 1024, 20],
  ["costly_messages", "answerWithErrors"],
  ...frameKinds.map((kind): Attack => ["costly_floods", "sendOften", kind, FOR_MS]),
  ...smallKinds.map((kind): Attack => ["costly_floods", "sendSmall", kind, FOR_MS]),
  ...[0, 1, 7].map((size): Attack => ["costly_floods", "tinyBlocks", size, FOR_MS]),
  ...floodKinds.map((kind): Attack => ["costly_floods", "flood", kind, FOR_MS]),
];

let [worstP99, worst, grown] = [0, 0, 0];
for (const [module, name, ...args] of attacks) {
  const title = `${name} ${args[0] ?? ""}`;
  if (Deno.args.length > 0 && !Deno.args.some((part) => title.includes(part))) continue;
  const [result] = await underAttacks(module, [[name, ...args]]);
  const { p99Ms, worstMs, grownMiB, done, outcome } = result!;
  [worstP99, worst, grown] = [Math.max(worstP99, p99Ms), Math.max(worst, worstMs), Math.max(grown, grownMiB)];
  const figures = `p99 ${p99Ms} ms, worst ${worstMs} ms, +${grownMiB} MiB, ${done} calls`;
  console.log(`${title.padEnd(46)} ${figures.padEnd(54)} ${outcome.slice(0, 60)}`);
}
console.log(`p99 at most ${worstP99} ms, no delay over ${worst} ms, memory at most +${grown} MiB`);
