// Unit: what a server must be like before work goes there. Rows 10 and 11 of the fault table.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { redisAddress } from "../../src/bullmq/redis/client.ts";
import { type RedisState, refusalOf } from "../../src/bullmq/start_checks.ts";

const ADDRESS = redisAddress("redis://user:hidden@10.0.0.5:6379", undefined);
const FINE: RedisState = {
  version: "6.2.0",
  evictionPolicy: "noeviction",
  isAppendOnly: true,
  isReplica: false,
  isClusterNode: false,
  serverTimeMs: 1_000_000_000_000,
  ownTimeMs: 1_000_000_059_000,
};

Deno.test("refusalOf() lets a server pass that keeps what it is given", () => {
  for (const version of ["6.2.0", "6.10.1", "7.0.15", "8.0.0"]) {
    assertEquals(refusalOf({ ...FINE, version }, ADDRESS, { aofCheck: true }), undefined);
  }
});

for (
  const [name, change, wanted] of [
    ["an old version", { version: "6.0.16" }, "it is version 6.0.16, 6.2 or newer is wanted"],
    ["a node of a Redis Cluster", { isClusterNode: true }, "a server that has all of them is wanted"],
    ["eviction", { evictionPolicy: "volatile-lru" }, "redis-cli CONFIG SET maxmemory-policy noeviction"],
    ["no append-only file", { isAppendOnly: false }, "redis-cli CONFIG SET appendonly yes"],
    ["a clock two hours ahead", { ownTimeMs: FINE.serverTimeMs + 7_200_000 }, "clock is 7200 s ahead of the server's"],
    ["a clock two hours behind", { ownTimeMs: FINE.serverTimeMs - 7_200_000 }, "clock is 7200 s behind the server's"],
  ] as const
) {
  Deno.test(`refusalOf() refuses ${name}, says what is wanted, and not the password`, () => {
    const refusal = refusalOf({ ...FINE, ...change }, ADDRESS, { aofCheck: true })!;
    assertStringIncludes(refusal, wanted);
    assertEquals(refusal.includes("hidden"), false);
  });
}

Deno.test("refusalOf() lets a server without append-only file pass where that is wanted", () => {
  assertEquals(refusalOf({ ...FINE, isAppendOnly: false }, ADDRESS, { aofCheck: false }), undefined);
});
