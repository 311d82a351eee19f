/** Unit tests of how a chunk that takes long is worked on in several turns. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { monotonicMs } from "../../src/timer.ts";
import { TurnTaking } from "../../src/worker/streams/turn_taking.ts";

/** Longer than any slice. */
const SLOW_MS = 10;

const chunkOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at % 251);

/** Takes notes of the pieces, and keeps the processor busy with each. */
function slowWork(seen: number[][]): (piece: Uint8Array) => void {
  return (piece) => {
    seen.push([...piece]);
    for (const until = monotonicMs() + SLOW_MS; monotonicMs() < until;);
  };
}

Deno.test("TurnTaking works on a quick chunk at once, in order", () => {
  const turns = new TurnTaking();
  const seen: number[] = [];
  assertEquals(turns.take(chunkOf(20_000), (piece) => void seen.push(...piece)), undefined);
  assertEquals(seen, [...chunkOf(20_000)]);
});

Deno.test("TurnTaking lets timers fire between the pieces of a slow chunk, which get smaller", async () => {
  const turns = new TurnTaking();
  const seen: number[][] = [];
  let fired = 0;
  const timer = setInterval(() => fired++, 1);
  await turns.take(chunkOf(20_000), slowWork(seen));
  clearInterval(timer);
  assert(fired > 0);
  assertEquals(seen.flat(), [...chunkOf(20_000)]);
  assert(seen.at(-1)!.length < seen[0]!.length);
});

Deno.test("TurnTaking gives no turn away when it is in a hurry", () => {
  const turns = new TurnTaking();
  const seen: number[][] = [];
  turns.hurry();
  assertEquals(turns.take(chunkOf(20_000), slowWork(seen)), undefined);
  assertEquals(seen.flat(), [...chunkOf(20_000)]);
});

Deno.test("TurnTaking rejects with what the work throws in a later turn, and does no more", async () => {
  const turns = new TurnTaking();
  const seen: number[][] = [];
  const work = slowWork(seen);
  const failing = (piece: Uint8Array): void => {
    work(piece);
    if (seen.length === 2) throw new RangeError("no more");
  };
  await assertRejects(async () => await turns.take(chunkOf(30_000), failing), RangeError, "no more");
  assertEquals(seen.length, 2);
});
