// End-to-end: what bull-board and exporters for Prometheus see of tasks.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { openQueue } from "./helpers/open_queue.ts";
import { untilRedis } from "./helpers/redis_changes.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";

Deno.test("a job has the function's name, its agent, and in its log what it printed", {
  ignore: NO_REDIS !== undefined,
}, async () => {
  await using redis = await RedisServer.start();
  await using _agent = await AgentProcess.start(redis.url, { jobs: 1 });
  await using caller = new Caller(redis.url);
  const call = caller.start("sayAndStay", ["half of it is done"]);
  await call.reached("begun");
  await using raw = await openQueue(redis.url);
  const [job] = await raw.queue.getActive();
  assertEquals([job!.name, job!.processedBy], ["sayAndStay", "host-1"]);
  await untilRedis(redis.url, async () => (await raw.queue.getJobLogs(job!.id!)).logs.includes("half of it is done\n"));
  const metrics = await raw.queue.exportPrometheusMetrics();
  assertStringIncludes(metrics, `bullmq_job_count{queue="${raw.queue.name}", state="active"} 1`);
  caller.backend.cancel(call.handle, new Error("enough"));
  await assertRejects(() => call.result, Error, "enough");
});
