// Unit: the pieces of a block, as one.
import { assertEquals } from "@std/assert";
import { PieceSum } from "../../../cli/cluster/piece_sum.ts";
import { readDetails } from "../../../cli/records/batch.ts";
import { EXACT, type OutcomeEntry, type PieceDetails, type RetryEntry, STUCK } from "../../../cli/runner/protocol.ts";

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);
const details = (outcomes: OutcomeEntry[], retries: RetryEntry[] = []): Uint8Array =>
  encoder.encode(JSON.stringify({ outcomes, retries } satisfies PieceDetails));

Deno.test("PieceSum has all results in order, the state of the last piece, and what is told of each record", () => {
  const sum = new PieceSum();
  assertEquals([sum.total(3), sum.done], [null, 0]);
  sum.add([3, 1, EXACT, 5, 1, encoder.encode("a\n"), details([[0, "ok", 1, 10, 5, 1, 2]])]);
  sum.add([3, 1, EXACT, 1, 0, NOTHING, details([], [[1, 1, "error", 12, 1]])]);
  sum.add([3, 4, 0, 2, 2, encoder.encode("b\nc\n"), details([[1, "dropped", 2, 12, 1, 0, 0]])]);
  const [workerId, done, state, elapsedMs, results, output, all] = sum.total(3)!;
  assertEquals([workerId, done, state, elapsedMs, results], [3, 4, 0, 8, 3]);
  assertEquals(new TextDecoder().decode(output), "a\nb\nc\n");
  const { outcomes, retries } = readDetails(all, 0, 4);
  assertEquals(outcomes.map(({ offset, outcome }) => [offset, outcome]), [[0, "ok"], [1, "dropped"]]);
  assertEquals(retries.map(({ offset, attempt }) => [offset, attempt]), [[1, 1]]);
  assertEquals(sum.total(3, STUCK)![2], STUCK);
});
