// Policy: where an agent's jobs come from, with a scripted engine.
import { assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import type { EngineConnection } from "../../src/bullmq/engine.ts";
import { type JobRunner, JobSource } from "../../src/bullmq/job_source.ts";

class FakeWorker extends EventEmitter {
  concurrency = 1;
  readonly closed = Promise.withResolvers<void>();

  close(): Promise<void> {
    return this.closed.promise;
  }
}

function makeSource(runner: Partial<JobRunner> = {}) {
  const workers: FakeWorker[] = [];
  const connection = {
    openQueue: (name: string) => Object.assign(new EventEmitter(), { name, close: () => Promise.resolve() }),
    openWorker: () => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
  } as unknown as EngineConnection;
  const source = new JobSource({
    ...{ connection, group: "g", code: "c", name: "host", lanes: 1, lockMs: 1000 },
    runner: runner as JobRunner,
    onError: () => {},
    onRefusing: () => {},
  });
  return { source, workers };
}

Deno.test("JobSource.restart() fetches by a new worker, but not once it is to fetch no more", async () => {
  const { source, workers } = makeSource();
  const first = source.restart();
  workers[0]!.closed.resolve();
  await first;
  assertEquals(workers.length, 2);
  const second = source.restart();
  const drained = source.drain();
  workers[1]!.closed.resolve();
  await Promise.all([second, drained]);
  await source.restart();
  assertEquals(workers.length, 2);
});

Deno.test("JobSource keeps no answer for a job that is gone", () => {
  const told: string[] = [];
  const { workers } = makeSource({
    recorded: (id) => told.push(`recorded ${id}`),
    refused: (id) => told.push(`refused ${id}`),
  });
  const fail = (code: number, text: string) => workers[0]!.emit("error", Object.assign(new Error(text), { code }));
  fail(-1, "Missing key for job c0-1. moveToFinished");
  fail(-2, "Missing lock for job c0-2. moveToFinished");
  assertEquals(told, ["recorded c0-1", "refused c0-2"]);
});
