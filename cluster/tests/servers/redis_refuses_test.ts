// End-to-end: a Redis that answers and refuses: short of memory, an account that lost a right, a failover, data that was lost with a restart.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Redis } from "ioredis";
import { Cluster } from "../../mod.ts";
import { WorkerStartError } from "../../src/corral.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { Caller } from "../helpers/caller.ts";
import { Notes } from "../helpers/notes.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";
import { startGroup } from "../helpers/start_group.ts";
import { SECRET } from "../helpers/secret.ts";

const options = { ignore: NO_REDIS !== undefined };
/** BullMQ's reader of events rests for five seconds after an error, by a timer that outlasts a test. The last test of the file. */
const withTimersOfOthers = { ...options, sanitizeOps: false, sanitizeResources: false };

/** One Redis and one agent with one lane, for all tests after which both are as before. */
const group = new AsyncDisposableStack();
let redis: RedisServer;
let folder = "";

Deno.test.beforeAll(async () => {
  if (options.ignore) return;
  ({ redis, folder } = await startGroup(
    group,
    (folder) => ({ jobs: 1, lock: "10m", flags: [`--allow-read=${folder}`, `--allow-write=${folder}`] }),
  ));
});

Deno.test.afterAll(() => group.disposeAsync());

Deno.test(
  "a server that refuses orders for too long: their callers are told what it says, and that nothing has started",
  options,
  async () => {
    await using caller = new Caller(redis.url, { agentTimeoutMs: 4000 });
    using admin = openAdmin(redis.url);
    assertEquals(await caller.call("square", [2]), 4);
    await admin.redis.config("SET", "maxmemory", "1mb");
    const large = caller.start("byteCount", [new Uint8Array(2_000_000)]);
    const small = caller.start("square", [3]);
    for (const call of [large, small]) {
      const error = await assertRejects(() => call.result) as WorkerStartError;
      assertInstanceOf(error, WorkerStartError);
      assertEquals(error.taskStarted, false);
      assertStringIncludes(error.message, "OOM command not allowed");
    }
    assertEquals(caller.connections, [false]);
    await admin.redis.config("SET", "maxmemory", "0");
    assertEquals(await caller.call("square", [4]), 16);
    assertEquals(caller.connections, [false, true]);
  },
);

Deno.test(
  "a server that would drop tasks when it is there again: that is told, and no pool opens until it is mended",
  options,
  async () => {
    await using caller = new Caller(redis.url);
    using admin = openAdmin(redis.url);
    assertEquals(await caller.call("square", [2]), 4);
    const comesBackWith = async (policy: string, told: boolean[]): Promise<void> => {
      await admin.redis.config("SET", "maxmemory-policy", policy);
      await admin.redis.client("KILL", "TYPE", "normal");
      while (caller.connections.length < told.length) await admin.redis.ping();
      assertEquals(caller.connections, told);
    };
    await comesBackWith("allkeys-lru", [false, false]);
    await assertRejects(() => caller.cluster.ready(), Error, 'its maxmemory-policy is "allkeys-lru"');
    // What is open goes on: its tasks are there.
    assertEquals(await caller.call("square", [3]), 9);
    await comesBackWith("noeviction", [false, false, true]);
    await caller.cluster.ready();
    assertEquals(await caller.call("square", [4]), 16);
  },
);

Deno.test("a server that refuses a cancellation does not end the program; it is told again", options, async () => {
  await using caller = new Caller(redis.url);
  using admin = openAdmin(redis.url);
  const spin = caller.start("spin", []);
  await spin.reached("begun");
  await admin.redis.acl("SETUSER", "default", "-eval", "-evalsha");
  caller.backend.cancel(spin.handle, new Error("enough"));
  // Of an error that nobody read, the program would have ended here.
  await untilError(admin.redis, "NOPERM");
  await admin.redis.acl("SETUSER", "default", "+@all");
  // Its only lane is free again.
  assertEquals(await caller.call("square", [5]), 25);
});

Deno.test(
  "a server that comes back without its data: what still runs is not started twice, and what is new waits until its client is known",
  options,
  async () => {
    await using redis = await RedisServer.start();
    await using notes = await Notes.make();
    await using gate = await Notes.make();
    await using _agent = await AgentProcess.start(redis.url, { lock: "10m", ...sees(notes, gate) });
    await using caller = new Caller(redis.url, { leaseMs: 6000 });
    using admin = openAdmin(redis.url);
    const call = caller.start("noteUntil", [notes.path, "once", gate.path], { retries: 1 });
    await notes.until(1);
    // What tells of it would be flushed too, and the second beginning look like the first.
    await call.reached("begun");
    await admin.redis.flushall();
    await redis.kill();
    await redis.restart();
    const fresh = caller.call("square", [7]);
    await call.reached("begun again");
    await Deno.writeTextFile(gate.path, "open\n");
    assertEquals(await call.result, "once");
    // Once, unless it ended in the moment in which the agent fetched it again: then it may start as often as it has retries.
    assert((await notes.lines()).length <= 2);
    assertEquals(await fresh, 49);
    assertEquals(caller.settledTwice, []);
  },
);

Deno.test(
  "a server that refuses the account, or has no such database, is named with what mends it",
  options,
  async () => {
    await using redis = await RedisServer.start(["--requirepass", "right"]);
    const address = (rest: string): string => redis.url.replace("redis://", "redis://" + rest);
    const refusal = async (url: string): Promise<string> => {
      await using cluster = new Cluster({ redis: url, secret: SECRET });
      return (await assertRejects(() => cluster.ready(), Error)).message;
    };
    assertStringIncludes(await refusal(redis.url), `it refuses this account, "NOAUTH`);
    const wrong = await refusal(address(":wrong@"));
    assertStringIncludes(wrong, `it refuses this account, "WRONGPASS`);
    assertStringIncludes(wrong, "redis://USER:PASSWORD@HOST");
    assert(!wrong.includes(":wrong"), wrong);
    assertStringIncludes(await refusal(`${address(":right@")}/99`), "it has no database 99");
    await using cluster = new Cluster({ redis: `${address(":right@")}/3`, secret: SECRET });
    await cluster.ready();
    await using _agent = await AgentProcess.start(`${address(":right@")}/3`, { jobs: 1 });
    await using other = await AgentProcess.start(address(":right@"), { name: "elsewhere", jobs: 1 });
    assertEquals((await cluster.agents()).map(({ name }) => name), ["host-1"]);
    assertThrows(() => new Cluster({ redis: "redis:///run/redis.sock", secret: SECRET }), TypeError, "redis://host");
    other.kill("SIGTERM");
  },
);

Deno.test(
  "a server that takes no writes for longer than the lock: an answer that is due meanwhile is written down afterwards",
  options,
  async () => {
    await using redis = await RedisServer.start();
    await using notes = await Notes.make();
    await using gate = await Notes.make();
    await using _agent = await AgentProcess.start(redis.url, { jobs: 1, lock: "6s", ...sees(notes, gate) });
    await using caller = new Caller(redis.url);
    using admin = openAdmin(redis.url);
    const call = caller.start("noteUntil", [notes.path, "once", gate.path]);
    await notes.until(1);
    await admin.redis.config("SET", "min-replicas-to-write", "1");
    await Deno.writeTextFile(gate.path, "open\n");
    const lock = `bull:corral-default-${(await caller.cluster.agents())[0]!.modules[0]}:*:lock`;
    while ((await admin.redis.keys(lock)).length > 0);
    await admin.redis.config("SET", "min-replicas-to-write", "0");
    assertEquals(await call.result, "once");
    assertEquals((await notes.lines()).length, 1);
  },
);

Deno.test("a replica is waited for, and refused when it stays one", options, async () => {
  await using replica = await RedisServer.start(["--replicaof", "127.0.0.1", "1"]);
  using admin = openAdmin(replica.url);
  await using cluster = new Cluster({ redis: replica.url, secret: SECRET, agentTimeoutMs: 1000 });
  await assertRejects(() => cluster.ready(), Error, "it has taken only reads, as a replica does");
  await using patient = new Cluster({ redis: replica.url, secret: SECRET, agentTimeoutMs: 60_000 });
  const ready = patient.ready();
  await admin.redis.replicaof("NO", "ONE");
  await ready;
});

Deno.test("a server that has no memory for a large result gets it when it has some", options, async () => {
  await using notes = await Notes.make(folder);
  await using gate = await Notes.make(folder);
  await using caller = new Caller(redis.url);
  using admin = openAdmin(redis.url);
  const text = "x".repeat(20_000);
  const call = caller.start("noteUntil", [notes.path, text, gate.path]);
  await notes.until(1);
  await admin.redis.config("RESETSTAT");
  await admin.redis.config("SET", "maxmemory", "1mb");
  await Deno.writeTextFile(gate.path, "open\n");
  while (!/cmdstat_set:.*rejected_calls=[1-9]/.test(await admin.redis.info("commandstats")));
  await admin.redis.config("SET", "maxmemory", "0");
  assertEquals(await call.result, text);
});

Deno.test(
  "a failover: an answer that is due while the server takes no writes is not lost",
  withTimersOfOthers,
  async () => {
    await using notes = await Notes.make(folder);
    await using gate = await Notes.make(folder);
    await using caller = new Caller(redis.url);
    using admin = openAdmin(redis.url);
    const call = caller.start("noteUntil", [notes.path, "once", gate.path]);
    await notes.until(1);
    await admin.redis.replicaof("127.0.0.1", 1);
    await Deno.writeTextFile(gate.path, "open\n");
    await untilError(admin.redis, "READONLY");
    await admin.redis.replicaof("NO", "ONE");
    assertEquals(await call.result, "once");
    assertEquals((await notes.lines()).length, 1);
    assertEquals(await caller.call("square", [6]), 36);
  },
);

/** What lets an agent's tasks write into one file and watch another. */
function sees(notes: Notes, gate: Notes): { flags: string[] } {
  const folder = gate.path.replace(/\/[^/]*$/, "");
  return { flags: [`--allow-write=${notes.path}`, `--allow-read=${folder}`] };
}

/** Resolves when the server has answered with such an error. */
async function untilError(redis: Redis, name: string): Promise<void> {
  await redis.config("RESETSTAT");
  while (!(await redis.info("errorstats")).includes(`errorstat_${name}`));
}

function openAdmin(url: string): { redis: Redis } & Disposable {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on("error", () => {});
  return { redis, [Symbol.dispose]: () => redis.disconnect() };
}
