// End-to-end: real agents that die, freeze and drain. Rows 1, 2, 12, 12b and 13 of the fault table.
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { PoisonTaskError, WorkerExitError } from "../src/corral.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { Notes } from "./helpers/notes.ts";
import { childrenOf } from "../../tests/helpers/programs/processes.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";

/** What a step works with. */
interface Bench {
  readonly caller: Caller;
  readonly notes: Notes;
  /** The only agent that serves at its beginning. */
  readonly first: AgentProcess;
  /** Starts one more. */
  start(name: string): Promise<AgentProcess>;
}

/** Loses the agent that serves in its way, and returns one that serves afterwards: the next step begins with that one. */
type Step = (bench: Bench) => Promise<AgentProcess>;

const STEPS: Readonly<Record<string, Step>> = {
  "a task that ends its worker rejects at once, and the agent is unharmed": async ({ caller, first }) => {
    const error = await caller.error("exit", [3]);
    assertInstanceOf(error, WorkerExitError);
    assertEquals([error.exitCode, error.taskStarted, error.agent], [3, true, "a"]);
    const poison = await caller.error("exit", [4], { retries: 1 });
    assertInstanceOf(poison, PoisonTaskError);
    assertEquals(poison.attempts, 2);
    assertEquals(await caller.call("square", [3]), 9);
    return first;
  },

  "a task that ends each of its agents is given up when its retries are used up": async (bench) => {
    const { caller, notes, first, start } = bench;
    const agents = [first, ...await Promise.all([start("b"), start("c")])];
    const killed = new Set<AgentProcess>();
    const call = caller.start("noteParent", [notes.path], { retries: 1 });
    for (let starts = 1; starts <= 2; starts++) {
      // The task itself cannot reach its agent: the test is its hand.
      const pid = Number((await notes.until(starts)).at(-1));
      const agent = agents.find((agent) => agent.pid === pid)!;
      agent.kill("SIGKILL");
      killed.add(agent);
    }
    const error = await call.result.catch((error) => error);
    assertInstanceOf(error, PoisonTaskError);
    assertEquals([error.attempts, error.taskStarted], [2, true]);
    assertEquals((await notes.lines()).length, 2);
    assertEquals(await caller.call("square", [5]), 25);
    return agents.find((agent) => !killed.has(agent))!;
  },

  "a task that has ended its worker has used up a retry also where its agent is lost then": async (bench) => {
    const { caller, notes, first, start } = bench;
    const call = caller.start("noteAndExitOnce", [notes.path, "start"], { retries: 1 });
    await notes.until(2);
    const second = await start("b");
    first.kill("SIGKILL");
    const error = await call.result.catch((error) => error);
    assertInstanceOf(error, PoisonTaskError);
    assertEquals([error.attempts, error.taskStarted], [2, true]);
    assertEquals((await notes.lines()).length, 2);
    return second;
  },

  "an agent that is killed: its tasks run again elsewhere with retries, and reject without; others are unharmed":
    async (
      { caller, notes, first, start },
    ) => {
      const again = caller.start("note", [notes.path, "again", 600_000], { retries: 2 });
      const once = caller.start("note", [notes.path, "once", 600_000]);
      await notes.until(2);
      const second = await start("d");
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
      return second;
    },

  "an agent that is frozen and goes on: its task has run elsewhere, its late answer is refused": async (
    { caller, notes, first, start },
  ) => {
    const call = caller.start("noteAndStayOnce", [notes.path, "x"], { retries: 1 });
    await notes.until(1);
    const second = await start("e");
    first.kill("SIGSTOP");
    assertEquals(await call.result, "x");
    assertEquals(call.steps.filter((step) => step === "retried"), ["retried"]);
    first.kill("SIGCONT");
    // It serves again, and has nothing more to say about the old task.
    assertEquals(await Promise.all([1, 2, 3, 4].map((x) => caller.call("square", [x]))), [1, 4, 9, 16]);
    assertEquals((await notes.lines()).length, 2);
    first.kill("SIGKILL");
    return second;
  },

  "SIGTERM drains: what runs ends, what waits goes to others": async ({ caller, notes, first, start }) => {
    const calls = Array.from({ length: 6 }, (_, index) => caller.call("note", [notes.path, `${index}`, 300]));
    await notes.until(1);
    const second = await start("f");
    first.kill("SIGTERM");
    assertEquals((await first.status).code, 0);
    assert(!(await first.output).includes("Redis is away"), "it left by itself");
    assertEquals(await Promise.all(calls), ["0", "1", "2", "3", "4", "5"]);
    assertEquals((await notes.lines()).length, 6);
    return second;
  },

  "SIGTERM that comes to the workers as well: their tasks go back with retries, and reject without; the agent waits for none":
    async (
      { caller, notes, first, start },
    ) => {
      const again = caller.start("noteParent", [notes.path], { retries: 1 });
      const once = caller.start("note", [notes.path, "once", 600_000]);
      await notes.until(2);
      const second = await start("g");
      // As systemd does it.
      for (const pid of [...await childrenOf(first.pid), first.pid]) Deno.kill(pid, "SIGTERM");
      assertEquals((await first.status).code, 0);
      const error = await once.result.catch((error) => error);
      assertInstanceOf(error, WorkerExitError);
      assertEquals([error.name, error.taskStarted, error.signal], ["WorkerExitError", true, "SIGTERM"]);
      assertStringIncludes(error.message, "was told to end, and its workers with it");
      assertEquals((await notes.until(3)).sort(), [`${first.pid}`, "once", `${second.pid}`].sort());
      caller.backend.cancel(again.handle, new Error("enough"));
      return second;
    },

  "SIGTERM with a task that does not end: it is stopped after --drain; with retries another agent runs it": async (
    { caller, notes, first, start },
  ) => {
    const once = caller.start("note", [notes.path, "once", 600_000]);
    const again = caller.start("note", [notes.path, "again", 600_000], { retries: 1 });
    await notes.until(2);
    const second = await start("h");
    first.kill("SIGTERM");
    assertEquals((await first.status).code, 0);
    const error = await once.result.catch((error) => error);
    assertInstanceOf(error, WorkerExitError);
    assertStringIncludes(error.message, "its time to drain is over");
    assertEquals((await notes.until(3)).sort(), ["again", "again", "once"]);
    caller.backend.cancel(again.handle, new Error("enough"));
    return second;
  },
};

Deno.test("agents of a group are lost, one after the other", { ignore: NO_REDIS !== undefined }, async (test) => {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await RedisServer.start());
  const folder = await Deno.makeTempDir({ prefix: "corral-notes-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const start = async (name: string): Promise<AgentProcess> => {
    // Those that are told to end with a task of ten minutes; others that drain have tasks of 300 ms.
    const drain = ["g", "h"].includes(name) ? ["--drain", "500ms"] : [];
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`, ...drain];
    return stack.use(await AgentProcess.start(redis.url, { name, flags }));
  };
  let first = await start("a");
  // An agent outlives the step that starts it: what is left is looked for at the end of all.
  const outliving = { sanitizeOps: false, sanitizeResources: false };
  for (const [name, step] of Object.entries(STEPS)) {
    const fn = async (): Promise<void> => {
      await using caller = new Caller(redis.url);
      await using notes = await Notes.make(folder);
      first = await step({ caller, notes, first, start });
      assertEquals(caller.settledTwice, []);
    };
    if (!await test.step({ name, fn, ...outliving })) return;
  }
  await test.step("SIGTERM while Redis is gone: the agent ends all the same, after --drain", async () => {
    await redis.kill();
    first.kill("SIGTERM");
    const status = await first.status;
    assert(status.success, await first.output);
  });
});

Deno.test("SIGTERM while an agent waits for its server at the start: it ends", async () => {
  using silence = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silence.addr as Deno.NetAddr;
  await using agent = await AgentProcess.start(`redis://127.0.0.1:${port}`, { serves: false });
  using _guest = await silence.accept();
  agent.kill("SIGTERM");
  assertEquals([await agent.output, (await agent.status).code], ["", 0]);
});
