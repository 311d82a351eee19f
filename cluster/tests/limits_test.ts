// end-to-end: every limit of time of a cluster, with lengths that a runtime's timer holds and lengths that it does not.
import { assertEquals, assertThrows } from "@std/assert";
import { Cluster, type ClusterOptions } from "../mod.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { SECRET } from "./helpers/secret.ts";

type Limit = keyof ClusterOptions & `${string}Ms`;

const LENGTHS = [0, 1, 2 ** 31, 3e9, Infinity];
/** Which lengths are taken. The compiler knows when one is missing. */
const TAKEN: Readonly<Record<Limit, readonly number[]>> = {
  agentTimeoutMs: LENGTHS,
  resultTtlMs: [1, 2 ** 31, 3e9, Infinity],
  leaseMs: [],
};
const BORDERS: readonly [name: Limit, length: number][] = [["leaseMs", 1000], ["leaseMs", 1000.5], [
  "leaseMs",
  2 ** 31 - 1,
]];

const makeCluster = (name: Limit, length: number): Cluster =>
  new Cluster({ redis: "redis://127.0.0.1", secret: SECRET, [name]: length });

Deno.test("ClusterOptions refuses each limit that it cannot hold when the cluster is made", () => {
  for (const [name, taken] of Object.entries(TAKEN) as [Limit, readonly number[]][]) {
    for (const length of [...LENGTHS, NaN, -1]) {
      if (taken.includes(length)) makeCluster(name, length);
      else assertThrows(() => makeCluster(name, length), RangeError, `"${name}" is ${length}, milliseconds`);
    }
  }
  for (const [name, length] of BORDERS) makeCluster(name, length);
});

Deno.test("A cluster works with the longest of its limits", {
  ignore: NO_REDIS !== undefined,
  // redis-parser and ioredis have timers of their own that outlast a test.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await using redis = await RedisServer.start();
  await using _agent = await AgentProcess.start(redis.url, { jobs: 1 });
  const long = Object.entries(TAKEN).flatMap(([name, lengths]) =>
    lengths.filter((length) => length > 1).map((length): [string, number] => [name, length])
  );
  for (const [name, length] of [...long, ...BORDERS]) {
    await using caller = new Caller(redis.url, { [name]: length });
    assertEquals(await caller.call("byteCount", [new Uint8Array(100_000).fill(1)]), 100_000, `${name}: ${length}`);
  }
});
