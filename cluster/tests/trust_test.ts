// End-to-end: other code, other secrets, forged and replayed letters, servers that may not be trusted with work. Rows 7, 10 and 16.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { Redis } from "ioredis";
import { Worker } from "bullmq";
import { Cluster } from "../mod.ts";
import { FunctionNotFoundError, PermissionError, WorkerStartError } from "../src/corral.ts";
import { Sealer } from "../src/message/letter.ts";
import { sealOrder } from "../src/message/order.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { Notes } from "./helpers/notes.ts";
import { untilRedis } from "./helpers/redis_changes.ts";
import { openQueue } from "./helpers/open_queue.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { startGroup } from "./helpers/start_group.ts";
import { SECRET } from "./helpers/secret.ts";
import { writeSecret } from "./helpers/secret_file.ts";
import { TASKS } from "./helpers/task_module.ts";

/** A copy of the module needs an import that the workspace has. */
const ONLY_IMPORTS = JSON.stringify({
  imports: { "@corral/multiprocessing/child": import.meta.resolve("@corral/multiprocessing/child") },
});
const options = { ignore: NO_REDIS !== undefined };

/** One Redis and one agent for some of the tests. */
const group = new AsyncDisposableStack();
let shared: RedisServer;
let folder = "";

Deno.test.beforeAll(async () => {
  if (options.ignore) return;
  ({ redis: shared, folder } = await startGroup(
    group,
    (folder) => ({ name: "honest", jobs: 1, flags: [`--allow-write=${folder}`] }),
  ));
});

Deno.test.afterAll(() => group.disposeAsync());

Deno.test("an agent with other code never gets the order; the client is told what agents serve", options, async () => {
  await using redis = await RedisServer.start();
  await using notes = await Notes.make();
  // One byte is different.
  const folder = await Deno.makeTempDir({ prefix: "corral-cluster-" });
  const other = `${folder}/tasks.ts`;
  await Deno.writeTextFile(other, await Deno.readTextFile(new URL(TASKS)) + "\n");
  await Deno.writeTextFile(`${folder}/deno.json`, ONLY_IMPORTS);
  await using _agent = await AgentProcess.start(redis.url, {
    module: `file://${other}`,
    jobs: 1,
    flags: [`--allow-write=${notes.path}`],
  });
  await using caller = new Caller(redis.url, { agentTimeoutMs: 4000 });
  const error = await caller.error("note", [notes.path, "x"]);
  assertInstanceOf(error, WorkerStartError);
  assertEquals(error.taskStarted, false);
  assertStringIncludes(error.message, "no agent has had this code");
  assertStringIncludes(error.message, "host-1 serves ");
  assertEquals(await notes.lines(), []);
  await assertRejects(() => caller.backend.ready(), WorkerStartError, "host-1 serves");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an agent with another secret refuses; the caller gets a PermissionError", options, async () => {
  await using redis = await RedisServer.start();
  await using notes = await Notes.make();
  const secretFile = writeSecret("other.key", "another secret, just as long");
  await using _agent = await AgentProcess.start(redis.url, {
    secretFile,
    jobs: 1,
    flags: [`--allow-write=${notes.path}`],
  });
  await using caller = new Caller(redis.url);
  const error = await caller.error("note", [notes.path, "x"]);
  assertInstanceOf(error, PermissionError);
  assertStringIncludes(error.message, "its signature is not that of this agent's secret");
  assertEquals(await notes.lines(), []);
});

Deno.test(
  "orders that were changed, replayed under another id, expired or made without the secret do not run",
  options,
  async () => {
    const redis = shared;
    await using notes = await Notes.make(folder);
    await using caller = new Caller(redis.url);
    await caller.backend.ready();
    assertEquals(await caller.call("square", [2]), 4);
    await using raw = await openQueue(redis.url);
    const order = (id: string, line: string, expires = Date.now() + 60_000, secret = SECRET) =>
      sealOrder(new Sealer(secret), {
        id,
        client: "c0",
        fn: { kind: "export", name: "note" },
        retries: 0,
        keep: true,
        expires,
        shelf: "none",
        value: { t: 0, x: JSON.stringify([notes.path, line]) },
      });
    const good = order("x-good", "good");
    const jobs = {
      "x-good": good,
      "x-changed": { ...order("x-changed", "fine"), l: order("x-changed", "evil").l },
      "x-replayed": good,
      "x-expired": order("x-expired", "late", Date.now() - 1),
      "x-forged": order("x-forged", "forged", undefined, "a secret that nobody else has"),
      "x-nothing": {},
    };
    await raw.queue.addBulk(
      Object.entries(jobs).map(([jobId, data]) => ({ name: "note", data, opts: { jobId, priority: 5 } })),
    );
    await untilRedis(
      redis.url,
      async () =>
        (await raw.queue.getJobCounts("completed", "failed")).failed! + (await raw.queue.getCompletedCount()) >= 6,
    );
    assertEquals(await notes.lines(), ["good"]);
    const reasons = await Promise.all(
      ["x-changed", "x-replayed", "x-forged", "x-nothing"].map(async (id) =>
        (await raw.queue.getJob(id))!.failedReason
      ),
    );
    assert(reasons.every((reason) => /signature|written for job x-good/.test(reason)), reasons.join("; "));
  },
);

Deno.test("a forged result does not touch the caller's promise", options, async () => {
  await using redis = await RedisServer.start();
  await using notes = await Notes.make();
  await using gate = await Notes.make();
  const flags = [`--allow-write=${notes.path}`, `--allow-read=${gate.path.replace(/\/[^/]*$/, "")}`];
  await using agent = await AgentProcess.start(redis.url, { jobs: 1, flags });
  await using caller = new Caller(redis.url);
  const call = caller.start("noteUntil", [notes.path, "honest", gate.path]);
  await call.reached("begun");
  await using raw = await openQueue(redis.url);
  const [active] = await raw.queue.getActive();
  const forged = new Sealer("a secret that nobody else has").seal(
    "outcome",
    JSON.stringify({ v: 1, id: active!.id, kind: "value", value: { t: 0, x: "666" } }),
  );
  await raw.redis.xadd(
    raw.queue.toKey("events"),
    "*",
    "event",
    "completed",
    "jobId",
    active!.id!,
    "returnvalue",
    JSON.stringify(forged),
  );
  await Deno.writeTextFile(gate.path, "open\n");
  assertEquals(await call.result, "honest");
  // An agent without the secret takes the job itself.
  agent.kill("SIGKILL");
  await agent.status;
  const next = caller.start("square", [3]);
  const thief = new Worker(raw.queue.name, () => Promise.resolve(forged), {
    connection: new Redis(redis.url, { maxRetriesPerRequest: null }) as never,
  });
  const error = await next.result.catch((error) => error);
  assertInstanceOf(error, PermissionError);
  assertStringIncludes(error.message, "not signed with this cluster's secret");
  await thief.close();
  (thief.opts.connection as unknown as Redis).disconnect();
});

Deno.test("text that is not an export does not run, unless the agent allows it", options, async () => {
  await using caller = new Caller(shared.url);
  const strict = await runText(caller);
  assertInstanceOf(strict, FunctionNotFoundError);
  assertStringIncludes(strict.message, "is not an export of the module, and this worker compiles no text; export it");
  await using redis = await RedisServer.start();
  await using _loose = await AgentProcess.start(redis.url, { module: null, jobs: 1, flags: ["--allow-inline"] });
  await using other = new Caller(redis.url, { module: "" });
  assertEquals(await runText(other), 42);
  // Long text lies in the store.
  assertEquals(await runText(other, `() => "${"\u6f22".repeat(50_000)}".length`), 50_000);
});

Deno.test(
  "the account that the documentation gives to members suffices, and may not touch other keys",
  options,
  async () => {
    await using redis = await RedisServer.start();
    const admin = new Redis(redis.url);
    const rules = /^ACL SETUSER corral on >PASSWORD (.*)$/m.exec(
      await Deno.readTextFile(new URL("../../docs/cluster.md", import.meta.url)),
    )![1]!;
    await admin.acl("SETUSER", "corral", "on", ">pw", ...rules.split(" "));
    await admin.set("other", "secret");
    const url = redis.url.replace("redis://", "redis://corral:pw@");
    await using _agent = await AgentProcess.start(url, { jobs: 1 });
    await using caller = new Caller(url);
    assertEquals(await caller.call("square", [9]), 81);
    assertEquals(await caller.call("byteCount", [new Uint8Array(200_000)]), 200_000);
    const spin = caller.start("spin", []);
    await spin.reached("begun");
    caller.backend.cancel(spin.handle, new Error("enough"));
    assertEquals(await Promise.all([1, 2, 3].map((x) => caller.call("square", [x]))), [1, 4, 9]);
    const member = new Redis(url);
    await assertRejects(() => member.get("other"), Error, "NOPERM");
    await assertRejects(() => member.flushall(), Error, "NOPERM");
    member.disconnect();
    admin.disconnect();
  },
);

Deno.test("a server that may drop or lose tasks is refused, with the command that mends it", options, async () => {
  await using redis = await RedisServer.start(["--maxmemory-policy", "allkeys-lru"]);
  await using cluster = new Cluster({ redis: redis.url, secret: SECRET });
  await assertRejects(() => cluster.ready(), Error, "redis-cli CONFIG SET maxmemory-policy noeviction");
  await using refused = await AgentProcess.start(redis.url, { serves: false });
  assertEquals((await refused.status).code, 1);
  assertStringIncludes(await refused.output, "CONFIG SET maxmemory-policy noeviction");
  await using caller = new Caller(redis.url);
  assertStringIncludes((await caller.error("square", [1])).message, "maxmemory-policy");
  assertStringIncludes(caller.backend.broken!.message, "maxmemory-policy");
  await using forgetful = await RedisServer.start(["--appendonly", "no"]);
  await using second = new Cluster({ redis: forgetful.url, secret: SECRET });
  await assertRejects(() => second.ready(), Error, "CONFIG SET appendonly yes");
  await using third = new Cluster({ redis: forgetful.url, secret: SECRET, aofCheck: false });
  await third.ready();
});

Deno.test("two modules under one code version: agents of one never get what is for the other", options, async () => {
  await using redis = await RedisServer.start();
  const module = `${folder}/report.ts`;
  await Deno.writeTextFile(module, 'export const square = () => "of another module";');
  await using _agent = await AgentProcess.start(redis.url, {
    ...{ module, name: "reporter", jobs: 1 },
    flags: ["--code-version", "v1"],
  });
  {
    await using caller = new Caller(redis.url, { agentTimeoutMs: 4000, codeVersion: "v1" });
    const error = await caller.error("square", [3]);
    assertInstanceOf(error, WorkerStartError);
    assertEquals(error.taskStarted, false);
    assertStringIncludes(
      error.message,
      "no agent has had this code (tasks@v1) for 4 s: reporter serves report@v1 since",
    );
  }
  // One whose file has another name is named.
  await using caller = new Caller(redis.url, { codeVersion: "report@v1" });
  assertEquals(await caller.call("square", [3]), "of another module");
});

async function runText(caller: Caller, source = "() => 6 * 7"): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const ignore = (): void => {};
  caller.backend.submit({
    function: { kind: "source", name: "answer", source },
    payload: { text: "[]", tagged: false, parts: [] },
    handles: [],
    chunk: undefined,
    byteLength: 2,
    priority: 0,
    key: undefined,
    timeoutMs: undefined,
    retries: 0,
    trace: undefined,
  }, { sent: ignore, begun: ignore, returned: ignore, retried: ignore, progress: ignore, resolve, reject: resolve });
  return await promise;
}

Deno.test("members of the group that are forged are no agents, or are told of in plain text", options, async () => {
  await using caller = new Caller(shared.url, { agentTimeoutMs: 1000, codeVersion: "none" });
  const admin = new Redis(shared.url);
  try {
    const names = (): Promise<string[]> => caller.cluster.agents().then((agents) => agents.map(({ name }) => name));
    const nodes = await Promise.all(
      (await admin.keys("*:node")).map(async (key) => ({ key, text: await admin.hget(key, "info") })),
    );
    const { key: honest, text } = nodes.find(({ text }) => text?.includes("honest"))!;
    const info = JSON.parse(text!);
    const isKnown = (text: string): Promise<string[]> => admin.hset(honest, "info", text).then(names);
    const forged = [null, 7, [], {}, { name: 7 }, { name: [info.name] }, { ...info, pid: "1" }, { ...info, pid: {} }];
    for (const one of forged) assertEquals(await isKnown(JSON.stringify(one)), [], JSON.stringify(one));
    const hostile = info.name.replace("honest", "\\u001b[2J");
    assertEquals(await isKnown(JSON.stringify({ ...info, name: hostile })), ["�[2J"]);
    const error = await caller.error("square", [2]);
    assertStringIncludes(error.message, "�[2J serves ");
    const [started] = await admin.keys("*:started");
    await admin.zadd(started!, "inf", honest.split(":").at(-2)!);
    assertEquals(await names(), []);
  } finally {
    admin.disconnect();
  }
});
