// End-to-end: real agents that die, freeze and drain. Rows 1, 2, 12, 12b and 13 of the fault table.
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { PoisonTaskError, WorkerExitError } from "../src/corral.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { Notes } from "./helpers/notes.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";

const options = { ignore: NO_REDIS !== undefined };
const write = (notes: Notes): { flags: string[] } => ({
  flags: [`--allow-read=${notes.path}`, `--allow-write=${notes.path}`],
});

Deno.test(
  "an agent that is killed: its tasks run again elsewhere with retries, and reject without; others are unharmed",
  options,
  async () => {
    await using redis = await RedisServer.start();
    await using notes = await Notes.make();
    await using first = await AgentProcess.start(redis.url, { name: "a", ...write(notes) });
    await using caller = new Caller(redis.url);
    const again = caller.start("note", [notes.path, "again", 600_000], { retries: 2 });
    const once = caller.start("note", [notes.path, "once", 600_000]);
    await notes.until(2);
    await using _second = await AgentProcess.start(redis.url, { name: "b", ...write(notes) });
    first.kill("SIGKILL");
    const other = await caller.call("square", [7]);
    assertEquals(other, 49);
    const error = await once.result.catch((error) => error);
    assertInstanceOf(error, WorkerExitError);
    assertEquals(error.taskStarted, true);
    assertStringIncludes(error.message, "agent was lost");
    assertEquals((await notes.until(3)).sort(), ["again", "again", "once"]);
    assertEquals(again.steps.filter((step) => step === "retried"), ["retried"]);
    caller.backend.cancel(again.handle, new Error("enough"));
    assertEquals(caller.settledTwice, []);
  },
);

Deno.test(
  "an agent that is frozen and goes on: its task has run elsewhere, its late answer is refused",
  options,
  async () => {
    await using redis = await RedisServer.start();
    await using notes = await Notes.make();
    await using first = await AgentProcess.start(redis.url, { name: "a", jobs: 1, ...write(notes) });
    await using caller = new Caller(redis.url);
    const call = caller.start("noteAndStayOnce", [notes.path, "x"], { retries: 1 });
    await notes.until(1);
    await using _second = await AgentProcess.start(redis.url, { name: "b", jobs: 1, ...write(notes) });
    first.kill("SIGSTOP");
    assertEquals(await call.result, "x");
    assertEquals(call.steps.filter((step) => step === "retried"), ["retried"]);
    first.kill("SIGCONT");
    // It serves again, and has nothing more to say about the old task.
    assertEquals(await Promise.all([1, 2, 3, 4].map((x) => caller.call("square", [x]))), [1, 4, 9, 16]);
    assertEquals((await notes.lines()).length, 2);
    assertEquals(caller.settledTwice, []);
  },
);

Deno.test("a task that ends its worker rejects at once, and the agent is unharmed", options, async () => {
  await using redis = await RedisServer.start();
  await using _agent = await AgentProcess.start(redis.url);
  await using caller = new Caller(redis.url);
  const error = await caller.error("exit", [3]);
  assertInstanceOf(error, WorkerExitError);
  assertEquals([error.exitCode, error.taskStarted, error.agent], [3, true, "host-1"]);
  const poison = await caller.error("exit", [4], { retries: 1 });
  assertInstanceOf(poison, PoisonTaskError);
  assertEquals(poison.attempts, 2);
  assertEquals(await caller.call("square", [3]), 9);
});

Deno.test("a task that ends each of its agents is given up when its retries are used up", options, async () => {
  await using redis = await RedisServer.start();
  await using notes = await Notes.make();
  await using caller = new Caller(redis.url);
  const agents = await Promise.all(
    ["a", "b", "c"].map((name) =>
      AgentProcess.start(redis.url, { name, jobs: 1, flags: [`--allow-write=${notes.path}`] })
    ),
  );
  try {
    const call = caller.start("noteParent", [notes.path], { retries: 1 });
    for (let starts = 1; starts <= 2; starts++) {
      // The task itself cannot reach its agent: the test is its hand.
      const pid = Number((await notes.until(starts)).at(-1));
      agents.find((agent) => agent.pid === pid)!.kill("SIGKILL");
    }
    const error = await call.result.catch((error) => error);
    assertInstanceOf(error, PoisonTaskError);
    assertEquals([error.attempts, error.taskStarted], [2, true]);
    assertEquals((await notes.lines()).length, 2);
    assertEquals(await caller.call("square", [5]), 25);
  } finally {
    await Promise.all(agents.map((agent) => agent[Symbol.asyncDispose]()));
  }
});

Deno.test("SIGTERM drains: what runs ends, what waits goes to others", options, async () => {
  await using redis = await RedisServer.start();
  await using notes = await Notes.make();
  await using first = await AgentProcess.start(redis.url, { name: "a", jobs: 1, ...write(notes) });
  await using caller = new Caller(redis.url);
  const calls = Array.from({ length: 6 }, (_, index) => caller.call("note", [notes.path, `${index}`, 300]));
  await notes.until(1);
  await using _second = await AgentProcess.start(redis.url, { name: "b", jobs: 1, ...write(notes) });
  first.kill("SIGTERM");
  assertEquals((await first.status).code, 0);
  assert(!(await first.output).includes("Redis is away"), "it left by itself");
  assertEquals(await Promise.all(calls), ["0", "1", "2", "3", "4", "5"]);
  assertEquals((await notes.lines()).length, 6);
});

Deno.test(
  "SIGTERM with a task that does not end: it is stopped after --drain; with retries another agent runs it",
  options,
  async () => {
    await using redis = await RedisServer.start();
    await using notes = await Notes.make();
    const flags = { flags: [`--allow-write=${notes.path}`, "--drain", "500ms"] };
    await using first = await AgentProcess.start(redis.url, { name: "a", ...flags });
    await using caller = new Caller(redis.url);
    const once = caller.start("note", [notes.path, "once", 600_000]);
    const again = caller.start("note", [notes.path, "again", 600_000], { retries: 1 });
    await notes.until(2);
    await using _second = await AgentProcess.start(redis.url, { name: "b", ...flags });
    first.kill("SIGTERM");
    assertEquals((await first.status).code, 0);
    const error = await once.result.catch((error) => error);
    assertInstanceOf(error, WorkerExitError);
    assertStringIncludes(error.message, "its time to drain is over");
    assertEquals((await notes.until(3)).sort(), ["again", "again", "once"]);
    caller.backend.cancel(again.handle, new Error("enough"));
  },
);

Deno.test("SIGTERM while Redis is gone: the agent ends all the same, after --drain", options, async () => {
  await using redis = await RedisServer.start();
  await using agent = await AgentProcess.start(redis.url, { flags: ["--drain", "1s"] });
  await redis.kill();
  agent.kill("SIGTERM");
  const status = await agent.status;
  assert(status.success, await agent.output);
});

Deno.test("SIGTERM while an agent waits for its server at the start: it ends", async () => {
  using silence = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silence.addr as Deno.NetAddr;
  await using agent = await AgentProcess.start(`redis://127.0.0.1:${port}`, { serves: false });
  using _guest = await silence.accept();
  agent.kill("SIGTERM");
  assertEquals([await agent.output, (await agent.status).code], ["", 0]);
});
