// End-to-end: a Redis that dies, freezes and forgets. Rows 3, 4, 6 and 9 of the fault table.
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { Redis } from "ioredis";
import { ClientConnection } from "../../src/bullmq/client_connection.ts";
import { redisAddress } from "../../src/bullmq/redis/client.ts";
import { WorkerExitError } from "../../src/corral.ts";
import { codeNameOfModule } from "../../src/message/code_name.ts";
import { Sealer } from "../../src/message/letter.ts";
import { sealOrder } from "../../src/message/order.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { TASKS } from "../helpers/task_module.ts";
import { Caller } from "../helpers/caller.ts";
import { Notes } from "../helpers/notes.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";
import { SECRET } from "../helpers/secret.ts";

const options = { ignore: NO_REDIS !== undefined };
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

Deno.test("a Redis that is killed and comes back with its file: every task settles once", options, async () => {
  await using redis = await RedisServer.start(["--appendfsync", "always"]);
  await using notes = await Notes.make();
  await using gate = await Notes.make();
  const folder = gate.path.replace(/\/[^/]*$/, "");
  const flags = [`--allow-write=${notes.path}`, `--allow-read=${folder}`];
  await using _agent = await AgentProcess.start(redis.url, { jobs: 2, lock: "60s", flags });
  await using caller = new Caller(redis.url);
  const calls = range(40).map((index) => caller.start("noteUntil", [notes.path, `${index}`, gate.path]));
  await Promise.all(calls.map((call) => call.reached("sent")));
  // Both lanes are busy, so that none asks for a task: one that the server has given away just before it died, nobody has, and it is given up.
  await notes.until(2);
  await redis.kill();
  // Their answers are due while it is away.
  await Deno.writeTextFile(gate.path, "open\n");
  await redis.restart();
  assertEquals(await Promise.all(calls.map(({ result }) => result)), range(40).map(String));
  assertEquals(caller.settledTwice, []);
  assertEquals((await notes.lines()).length, 40);
  assertEquals(caller.connections, [false, true]);
});

Deno.test(
  "a Redis that is frozen for longer than locks last: nothing settles meanwhile, then every task does, once",
  options,
  async () => {
    await using redis = await RedisServer.start();
    await using notes = await Notes.make();
    await using gate = await Notes.make();
    const flags = [`--allow-write=${notes.path}`, `--allow-read=${gate.path.replace(/\/[^/]*$/, "")}`];
    await using _agent = await AgentProcess.start(redis.url, { jobs: 2, lock: "2s", flags });
    await using caller = new Caller(redis.url);
    const calls = range(12).map((index) =>
      caller.call("noteUntil", [notes.path, `${index}`, gate.path], { retries: 3 })
    );
    await notes.until(2);
    redis.freeze();
    let settled = 0;
    for (const call of calls) call.then(() => settled++);
    await Deno.writeTextFile(gate.path, "open\n");
    // The running two end, and cannot be written down. How long Redis is away is what is tested: twice the lock, which nobody can renew, and
    // nobody could tell that it is over.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const duringFreeze = settled;
    redis.thaw();
    assertEquals(await Promise.all(calls), range(12).map(String));
    assertEquals(duringFreeze, 0);
    assertEquals(caller.settledTwice, []);
    // What had ended while Redis was frozen is salvaged, or run again: never more.
    assert((await notes.lines()).length <= 14, `${(await notes.lines()).length} starts`);
  },
);

Deno.test("events that are lost: the sweep finds what they would have told", options, async () => {
  await using redis = await RedisServer.start();
  await using _agent = await AgentProcess.start(redis.url, { jobs: 2 });
  await using caller = new Caller(redis.url);
  await caller.backend.ready();
  assertEquals(await caller.call("square", [3]), 9);
  using raw = openRaw(redis.url);
  const [meta] = await raw.redis.keys("bull:corral-*:meta");
  await raw.redis.hset(meta!, "opts.maxLenEvents", 10);
  const calls = range(600).map((index) => caller.call("square", [index]));
  await calls[0];
  // This program's loop stands still while the agent goes on, and the stream is trimmed behind its back.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
  const written = await raw.redis.xlen(meta!.replace(/meta$/, "events"));
  assertEquals(await Promise.all(calls), range(600).map((index) => index * index));
  assert(written < 600, `the stream was to be trimmed, it has ${written} entries`);
  assertEquals(caller.settledTwice, []);
});

Deno.test("a Redis that loses its data: tasks that vanished reject, or run again with retries", options, async () => {
  await using redis = await RedisServer.start();
  await using notes = await Notes.make();
  await using _agent = await AgentProcess.start(redis.url, {
    jobs: 1,
    lock: "30s",
    flags: [`--allow-write=${notes.path}`],
  });
  await using caller = new Caller(redis.url);
  const long = caller.start("note", [notes.path, "long", 600_000]);
  await notes.until(1);
  const once = caller.start("note", [notes.path, "once"]);
  const again = caller.start("note", [notes.path, "again"], { retries: 1 });
  await Promise.all([once.reached("sent"), again.reached("sent")]);
  using raw = openRaw(redis.url);
  const ids = await raw.redis.keys("bull:corral-*:c*");
  await raw.redis.del(...ids, ...await raw.redis.keys("bull:corral-*:prioritized"));
  const error = await once.result.catch((error) => error);
  assertInstanceOf(error, WorkerExitError);
  assertStringIncludes(error.message, "vanished");
  caller.backend.cancel(long.handle, new Error("enough"));
  assertEquals(await again.result, "again");
  assertEquals(again.steps.includes("retried"), true);
});

Deno.test("an order that is sent again, since the first answer was late, runs once", options, async () => {
  await using redis = await RedisServer.start();
  await using notes = await Notes.make();
  const connection = new ClientConnection({
    address: redisAddress(redis.url, undefined),
    group: "default",
    leaseMs: 30_000,
    storeTtlMs: 60_000,
    aofCheck: true,
    connectTimeoutMs: 30_000,
  });
  const finished = new Set<string>();
  const all = Promise.withResolvers<void>();
  const ignore = (): void => {};
  const code = await codeNameOfModule(TASKS, Deno.execPath());
  const broker = await connection.open(code, {
    active: ignore,
    stalled: ignore,
    progress: ignore,
    connection: ignore,
    finished: (id) => void (finished.add(id).size === 5 && all.resolve()),
  });
  const sealer = new Sealer(SECRET);
  const orders = range(5).map((index) => {
    const id = `${connection.id}-${index}`;
    const letter = sealOrder(sealer, {
      id,
      client: connection.id,
      fn: { kind: "export", name: "note" },
      retries: 0,
      expires: Date.now() + 60_000,
      shelf: "none",
      value: { t: 0, x: JSON.stringify([notes.path, id]) },
    });
    return { id, name: "note", letter, priority: 0 };
  });
  await Promise.all([broker.add(orders), broker.add(orders), broker.add(orders)]);
  await using _agent = await AgentProcess.start(redis.url, { jobs: 1, flags: [`--allow-write=${notes.path}`] });
  await all.promise;
  await broker.add(orders);
  assertEquals((await notes.lines()).sort(), orders.map(({ id }) => id).sort());
  await connection.close();
});

function openRaw(url: string): { redis: Redis } & Disposable {
  const redis = new Redis(url);
  return { redis, [Symbol.dispose]: () => redis.disconnect() };
}
