// Unit test of how events reach those who watch a run.
import { assertEquals } from "@std/assert";
import { EventStream } from "../../../cli/observers/event_stream.ts";
import type { RunEvent, RunObserver } from "../../../cli/records/run_events.ts";
import { STARTED_AT } from "../../helpers/programs/run_events.ts";

Deno.test("EventStream hands on nothing to observers that are closed, also while another one takes its time to close", async () => {
  const seen: string[] = [];
  const slow = Promise.withResolvers<void>();
  const observer = (close: () => void | Promise<void>): RunObserver => ({
    wantsRecords: true,
    wantsHashes: false,
    receive: (events) => void seen.push(...events.map(({ type }) => type)),
    close,
  });
  const closing = Promise.withResolvers<void>();
  const events = new EventStream([
    observer(() => void seen.push("closed")),
    observer(() => {
      closing.resolve();
      return slow.promise;
    }),
  ]);
  const exit: RunEvent = { type: "worker", at: STARTED_AT, slot: 0, pid: 1, state: "exit", exitCode: 0 };
  events.emit(exit);
  const closed = events.close();
  await closing.promise;
  // As of a worker that was still starting when the run was interrupted.
  events.emit(exit);
  slow.resolve();
  await closed;
  await events.settle();
  assertEquals(seen, ["worker", "worker", "closed"]);
});
