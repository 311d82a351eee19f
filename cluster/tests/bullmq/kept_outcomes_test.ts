// End-to-end: how long the server keeps outcomes that nobody takes, with a real Redis and BullMQ.
import { assert, assertEquals } from "@std/assert";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { EngineConnection } from "../../src/bullmq/engine.ts";
import { JobSource } from "../../src/bullmq/job_source.ts";
import { toJob } from "../../src/bullmq/jobs.ts";
import { queueName } from "../../src/names.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";

const COUNT = 10_050;

Deno.test("outcomes of a long run all stay, and an agent takes all of them away when their time is over", {
  ignore: NO_REDIS !== undefined,
}, async () => {
  await using server = await RedisServer.start();
  const { now } = Date;
  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  const connection = redis as never;
  const queue = new Queue(queueName("g", "c"), { connection });
  const ids = Array.from({ length: COUNT }, (_, index) => `run-nightly-${index}`);
  const done = Promise.withResolvers<void>();
  let left = COUNT;
  const worker = new Worker(queue.name, () => Promise.resolve({ l: "", m: "" }), { connection, concurrency: 200 });
  worker.on("completed", () => void (--left === 0 && done.resolve()));
  await queue.addBulk(ids.map((id) => toJob({ id, name: "f", letter: { l: "", m: "" }, priority: 0 })));
  await done.promise;
  await worker.close();
  assertEquals(await queue.getCompletedCount(), COUNT);
  const source = new JobSource({
    connection: {
      openQueue: (name: string) => new Queue(name, { connection }),
      openWorker: () => worker,
      serverTimeMs: () => Promise.resolve(now()),
    } as unknown as EngineConnection,
    ...{ group: "g", code: "c", name: "host", lanes: 1, lockMs: 1000, onError: () => {}, onRefusing: () => {} },
    runner: {} as never,
  });
  const oldest = await queue.getJob(ids[0]!);
  // The clock of the agent was set an hour on meanwhile.
  Date.now = () => now() + 3_600_000;
  try {
    await source.clean(now() - oldest!.finishedOn! + 60_000);
  } finally {
    Date.now = now;
  }
  assertEquals(await queue.getCompletedCount(), COUNT);
  await source.clean(0);
  assertEquals(await queue.getCompletedCount(), 0);
  assert(await queue.getJob(ids[0]!) === undefined);
  await source.close();
  await queue.close();
  redis.disconnect();
});
