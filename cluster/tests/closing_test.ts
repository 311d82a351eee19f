// end-to-end: pools and clusters that are closed in any order, also while their server does not answer.
import { assertEquals, assertRejects } from "@std/assert";
import { BrokenPoolError, CancelledError, Pool } from "@corral/multiprocessing";
import { Cluster } from "../mod.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { SECRET } from "./helpers/secret.ts";
import { TASKS } from "./helpers/task_module.ts";

const options = { ignore: NO_REDIS !== undefined };
/** ioredis ends a socket by a timer of its own, which outlasts the test. The last test of the file. */
const withTimersOfOthers = { sanitizeOps: false, sanitizeResources: false };

Deno.test("a pool whose cluster was closed: what was open rejects, and what is submitted later", options, async () => {
  await using redis = await RedisServer.start();
  await using _agent = await AgentProcess.start(redis.url);
  const cluster = new Cluster({ redis: redis.url, secret: SECRET });
  const pool = new Pool({ backend: cluster, module: TASKS });
  assertEquals(await pool.apply("square" as never, [3] as never), 9 as never);
  const open = assertRejects(() => pool.apply("spin" as never, [] as never), Error, "The cluster was closed");
  await cluster[Symbol.asyncDispose]();
  await open;
  await assertRejects(() => pool.apply("square" as never, [3] as never), BrokenPoolError, "The cluster was closed");
  await pool.terminate();
});

for (
  const [name, address] of Object.entries({
    redis: { redis: "redis://127.0.0.1:1" },
    postgres: { postgres: "postgres://corral@127.0.0.1:1/postgres" },
  })
) {
  Deno.test(`a pool that never reached its server ends when it is told to (${name})`, async () => {
    const cluster = new Cluster({ ...address, secret: SECRET, codeVersion: "1", agentTimeoutMs: Infinity });
    const pool = new Pool({ backend: cluster, module: TASKS });
    const call = assertRejects(() => pool.apply("square" as never, [3] as never), CancelledError);
    await pool.terminate();
    await call;
    await cluster[Symbol.asyncDispose]();
  });
}

Deno.test("a pool whose server stands still before it is open ends when it is told to", {
  ...options,
  ...withTimersOfOthers,
}, async () => {
  await using redis = await RedisServer.start();
  const cluster = new Cluster({ redis: redis.url, secret: SECRET, codeVersion: "1", agentTimeoutMs: Infinity });
  await cluster.ready();
  redis.freeze();
  const pool = new Pool({ backend: cluster, module: TASKS });
  const call = assertRejects(() => pool.apply("square" as never, [3] as never), CancelledError);
  await pool.terminate();
  await call;
  await cluster[Symbol.asyncDispose]();
  redis.thaw();
});
