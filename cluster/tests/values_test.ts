// End-to-end: values of every size. Row 8 of the fault table.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Redis } from "ioredis";
import { Cluster } from "../mod.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { SECRET } from "./helpers/secret.ts";

const MIB = 1024 * 1024;
/** redis-parser shrinks its buffer by a timer of its own that outlasts a test. */
const withTimersOfOthers = { ignore: NO_REDIS !== undefined, sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "values of every size arrive, at the border of what travels inside too, and nothing of them stays",
  withTimersOfOthers,
  async () => {
    await using redis = await RedisServer.start();
    await using _agent = await AgentProcess.start(redis.url, { jobs: 1 });
    await using caller = new Caller(redis.url);
    for (const size of [0, 16 * 1024, 48 * 1024, 64 * 1024, 64 * 1024 + 1, MIB]) {
      assertEquals(await caller.call("byteCount", [new Uint8Array(size).fill(1)]), size);
      assertEquals((await caller.call("makeBytes", [size]) as Uint8Array).length, size);
      const text = "ä".repeat(size / 4);
      assert(await caller.call("echo", [text]) === text);
    }
    const rows = Array.from({ length: 5000 }, (_, index) => ({ index, name: `row ${index}`, when: new Date(index) }));
    assertEquals(await caller.call("echo", [rows]), rows);
    for (const length of [3, 100_001]) {
      const floats = new Float64Array(length).fill(0.5);
      const [text, back] = await caller.call("echo", [["x", floats]]) as [string, Float64Array];
      assertEquals([text, back.length, back.at(-1)], ["x", length, 0.5]);
    }
    const hashes = Array.from({ length: 5000 }, (_, index) => new Uint8Array(32).fill(index));
    assertEquals(await caller.call("echo", [hashes]), hashes);
    const answer = await caller.call("echo", [{ text: "x".repeat(100_000), bytes: new Uint8Array(10 * MIB).fill(5) }]);
    const { text, bytes } = answer as { text: string; bytes: Uint8Array };
    assertEquals([text.length, bytes.length, bytes.every((byte) => byte === 5)], [100_000, 10 * MIB, true]);
    const raw = new Redis(redis.url);
    const results = (await raw.keys("corral:*result*")).length;
    caller.backend.close();
    await caller.backend.ended;
    const rest = (await raw.keys("corral:*shelf:*")).length;
    raw.disconnect();
    assertEquals([results, rest], [0, 0]);
  },
);

Deno.test("a server that is not there is named, and what to look at", async () => {
  await using cluster = new Cluster({ redis: "redis://127.0.0.1:1", secret: SECRET, agentTimeoutMs: 1200 });
  await assertRejects(() => cluster.ready(), Error, "Cannot reach Redis at redis://127.0.0.1:1 within 1.2 s");
});
