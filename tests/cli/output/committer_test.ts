// Policy: the committer over an output that waits, and an observer that counts.
import { assert, assertEquals } from "@std/assert";
import { EventStream } from "../../../cli/observers/event_stream.ts";
import { Committer } from "../../../cli/output/committer.ts";
import type { Batch, Outcome } from "../../../cli/records/batch.ts";
import { RecordBlock } from "../../../cli/records/record_block.ts";

const NOTHING = new Uint8Array(0);
const SIZE = 50_000;

function droppedRecords(): Batch {
  const source = { input: "-", payload: () => NOTHING, record: () => NOTHING, line: () => 1 };
  const outcomes = Array.from({ length: SIZE }, (_, offset): Outcome => (
    { offset, outcome: "dropped", attempt: 1, startedAt: 0, durationMs: 0, results: 0, bytes: 0 }
  ));
  const block = new RecordBlock(source, { from: 0, to: SIZE, firstSequence: 1 });
  return { block, done: SIZE, results: 0, output: NOTHING, outcomes, retries: [], slot: 0, pid: 1 };
}

Deno.test("Committer tells of all records that became ready while the disk was busy, however many", async () => {
  const synced = Promise.withResolvers<void>();
  let told = 0;
  const events = new EventStream([{
    wantsRecords: true,
    wantsHashes: false,
    receive: (list) => {
      told += list.filter(({ type }) => type === "record").length;
    },
    close: () => {},
  }]);
  const failures: unknown[] = [];
  const committer = new Committer({
    format: {
      needsOutcomes: false,
      rows: null,
      format: (batch) => ({ batch, bytes: batch.output }),
      end: () => NOTHING,
    },
    sink: { position: 0, taken: 0, write: async () => {}, sync: () => synced.promise, close: () => {} },
    events,
    rejects: { write: () => {}, end: () => {}, close: () => {} },
    hash: undefined,
    isDurable: true,
    onWritten: () => {},
    onFailure: (error) => failures.push(error),
  });
  // The first one waits for the disk; the others are written together behind it.
  committer.add(droppedRecords());
  await Promise.resolve();
  for (let count = 0; count < 9; count++) committer.add(droppedRecords());
  assert(committer.waitingBytes > 9 * SIZE * 100, "records without results wait in memory, too");
  synced.resolve();
  await committer.idle();
  await events.close();
  assertEquals([failures, told, committer.done, committer.waitingBytes], [[], 10 * SIZE, 10 * SIZE, 0]);
});

Deno.test("Committer.giveUp() has nobody wait for an output that takes nothing, and nothing is told of what it takes later", async () => {
  const taken = Promise.withResolvers<void>();
  const told: string[] = [];
  const events = new EventStream([{
    wantsRecords: true,
    wantsHashes: false,
    receive: (list) => void told.push(...list.map(({ type }) => type)),
    close: () => {},
  }]);
  const committer = new Committer({
    format: {
      needsOutcomes: false,
      rows: null,
      format: (batch) => ({ batch, bytes: new Uint8Array(1) }),
      end: () => NOTHING,
    },
    sink: { position: 0, taken: 0, write: () => taken.promise, sync: async () => {}, close: () => {} },
    events,
    rejects: { write: () => {}, end: () => {}, close: () => {} },
    hash: undefined,
    isDurable: true,
    onWritten: () => told.push("written"),
    onFailure: (error) => told.push(String(error)),
  });
  committer.add(droppedRecords());
  const idle = committer.idle();
  committer.add(droppedRecords());
  committer.giveUp();
  await idle;
  committer.add(droppedRecords());
  taken.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  await events.close();
  assertEquals([told, committer.done], [[], 0]);
});
