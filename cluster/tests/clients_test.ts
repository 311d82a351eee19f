// End-to-end: cancelling, clients that end, and runs that are attached again. Rows 5, 14, 15 and 18 of the fault table.
import { assertEquals, assertRejects } from "@std/assert";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { ClientProgram, CODE_VERSION } from "./helpers/client_program.ts";
import { Notes } from "./helpers/notes.ts";
import { openQueue } from "./helpers/open_queue.ts";
import { untilRedis } from "./helpers/redis_changes.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { startGroup } from "./helpers/start_group.ts";

const options = { ignore: NO_REDIS !== undefined };

/** One Redis and one agent with one lane, for all tests but one. */
const group = new AsyncDisposableStack();
let redis: RedisServer;
let agent: AgentProcess;
let folder = "";

Deno.test.beforeAll(async () => {
  if (options.ignore) return;
  ({ redis, agent, folder } = await startGroup(
    group,
    (folder) => ({
      jobs: 1,
      lock: "60s",
      flags: ["--code-version", CODE_VERSION, "--lease", "1s", `--allow-read=${folder}`, `--allow-write=${folder}`],
    }),
  ));
});

Deno.test.afterAll(() => group.disposeAsync());

Deno.test("cancelling a task that spins on another machine ends its worker, and no other", options, async () => {
  await using redis = await RedisServer.start();
  await using _agent = await AgentProcess.start(redis.url, { jobs: 2 });
  await using caller = new Caller(redis.url);
  const other = caller.call("wait", [2500]);
  const spin = caller.start("spin", []);
  await spin.reached("begun");
  const reason = new Error("enough");
  caller.backend.cancel(spin.handle, reason);
  await assertRejects(() => spin.result, Error, "enough");
  // Its lane is free again while the other task still runs on the other one.
  assertEquals(await caller.call("square", [4]), 16);
  assertEquals(await other, "waited");
  assertEquals(caller.settledTwice, []);
});

Deno.test(
  "a task that is cancelled while its agent hears nothing is stopped when it hears again",
  options,
  async () => {
    await using notes = await Notes.make(folder);
    await using caller = new Caller(redis.url, { codeVersion: CODE_VERSION, leaseMs: 1000 });
    const call = caller.start("note", [notes.path, "x", 600_000]);
    await notes.until(1);
    agent.kill("SIGSTOP");
    // Until its inbox is gone, with all that is told meanwhile.
    await untilRedis(redis.url, async () => (await caller.cluster.agents()).length === 0);
    caller.backend.cancel(call.handle, new Error("enough"));
    agent.kill("SIGCONT");
    // Its only lane is free again.
    assertEquals(await caller.call("square", [5]), 25);
  },
);

Deno.test("a waiting task that is cancelled never starts", options, async () => {
  await using notes = await Notes.make(folder);
  await using gate = await Notes.make(folder);
  await using caller = new Caller(redis.url, { codeVersion: CODE_VERSION });
  const first = caller.start("noteUntil", [notes.path, "first", gate.path]);
  await notes.until(1);
  const second = caller.start("note", [notes.path, "second"]);
  await second.reached("sent");
  caller.backend.cancel(second.handle, new Error("enough"));
  await using raw = await openQueue(redis.url);
  await untilRedis(redis.url, async () => await raw.queue.getJobCountByTypes("wait", "prioritized") === 0);
  await Deno.writeTextFile(gate.path, "open\n");
  assertEquals(await first.result, "first");
  assertEquals(await caller.call("square", [6]), 36);
  assertEquals(await notes.lines(), ["first"]);
});

Deno.test(
  "a client that is killed and called again with the same runId: nothing is computed twice",
  options,
  async () => {
    await using notes = await Notes.make(folder);
    await using first = ClientProgram.start(redis.url, {
      leaseMs: 1000,
      notes: notes.path,
      tasks: 6,
      ms: 300,
      runId: "nightly",
    });
    await notes.until(2);
    first.kill("SIGKILL");
    await first.ended;
    // It has the documented flags, and may start nothing.
    await using second = ClientProgram.start(redis.url, {
      leaseMs: 1000,
      notes: notes.path,
      tasks: 6,
      ms: 300,
      runId: "nightly",
    });
    assertEquals(await second.result, ["0", "1", "2", "3", "4", "5"]);
    assertEquals((await notes.lines()).sort(), ["0", "1", "2", "3", "4", "5"]);
  },
);

Deno.test(
  "a client that is killed: what waits of it is not run, and its agent goes on with others",
  options,
  async () => {
    await using notes = await Notes.make(folder);
    await using client = ClientProgram.start(redis.url, { leaseMs: 1000, notes: notes.path, tasks: 8, ms: 4000 });
    await notes.until(1);
    client.kill("SIGKILL");
    await client.ended;
    await using caller = new Caller(redis.url, { codeVersion: CODE_VERSION, leaseMs: 1000 });
    assertEquals(await caller.call("square", [8]), 64);
    assertEquals(await notes.lines(), ["0"]);
  },
);
