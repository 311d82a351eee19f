/** End-to-end tests of programs that end, in every way, while their processes are idle, waiting or in an endless loop. */
import { assertEquals } from "@std/assert";
import { alive, childrenOf, msUntilGone, survivors } from "../helpers/programs/processes.ts";
import { RunningProgram } from "../helpers/programs/program.ts";
import { soon } from "../helpers/simulated/clock.ts";

/** As docs/security.md promises. */
const GONE_WITHIN_MS = 2000;
/** Far more than anything takes here, also on a busy machine. */
const LIMIT_MS = 30_000;

/** What a process does when its program ends. It has a lock, which the program holds. */
const BUSY: Record<string, string> = {
  "waits for nothing": `async () => { console.log("ready"); await new Promise(() => {}); }`,
  "waits for a lock": `async (lock) => { setTimeout(() => console.log("ready")); await lock.acquire(); }`,
  "is in an endless loop": `() => { console.log("ready"); while (true); }`,
  "ignores every signal that can be ignored": `async () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) Deno.addSignalListener(signal, () => {});
    addEventListener("unload", () => { while (true); });
    console.log("ready");
    await new Promise(() => {});
  }`,
};

const ENDINGS: Record<string, (pid: number) => void> = {
  "is killed": (pid) => Deno.kill(pid, "SIGKILL"),
  "is interrupted": (pid) => Deno.kill(pid, "SIGINT"),
  "has its whole group interrupted": (pid) => Deno.kill(-pid, "SIGINT"),
};

/** What a program may run decides what watches its processes: a Deno, or a shell. */
const MAY_RUN: Record<string, readonly string[]> = {
  "may run Deno alone": [`--allow-run=${Deno.execPath()}`],
  "may run anything": ["--allow-run"],
};

/**
 * Starts a program with a process of each of these kinds, every other one of them a daemon, and waits until all are busy. The first is a daemon
 * in a program that may run anything.
 */
async function busyProgram(
  kinds: readonly string[],
  mayRun: string,
  ending = "",
): Promise<{ program: RunningProgram; pids: Map<number, string> }> {
  const program = new RunningProgram(
    `const lock = new corral.Lock();
    await lock.acquire();
    let daemon = ${mayRun === "may run anything"};
    for (const target of [${kinds.map((kind) => BUSY[kind]).join()}]) {
      const process = new corral.Process({ target, args: [lock], daemon });
      process.start();
      console.log(process.pid);
      daemon = !daemon;
    }
    setInterval(() => {}, 9999);
    await Deno.stdin.read(new Uint8Array(1));
    ${ending}`,
    { detached: true, stdin: "piped", flags: MAY_RUN[mayRun]! },
  );
  const pids = new Map<number, string>();
  // One may be busy before the next one has started.
  for (let left = 2 * kinds.length; left > 0; left--) {
    const line = await program.line();
    if (line !== "ready") pids.set(Number(line), kinds[pids.size]!);
  }
  assertEquals([...pids.values()], kinds);
  return { program, pids };
}

/** How long it takes until none of these processes is left. Throws with what those do that stay. */
async function msUntilAllGone(pids: ReadonlyMap<number, string>): Promise<number> {
  const startedAt = performance.now();
  assertEquals((await survivors([...pids.keys()], LIMIT_MS)).map((pid) => pids.get(pid)!), []);
  return performance.now() - startedAt;
}

const kinds = Object.keys(BUSY);
/** Which two are busy together: each meets each ending, and each of what a program may run, and each is the last to start in one of these. */
const PAIRS: Record<string, Record<string, readonly [number, number]>> = {
  "may run Deno alone": { "is killed": [0, 1], "is interrupted": [2, 3], "has its whole group interrupted": [0, 2] },
  "may run anything": { "is killed": [2, 3], "is interrupted": [1, 0], "has its whole group interrupted": [1, 3] },
};
for (const [mayRun, pairs] of Object.entries(PAIRS)) {
  for (const [ending, pair] of Object.entries(pairs)) {
    Deno.test(`Processes and daemons are gone when a program that ${mayRun} ${ending}, whatever they do`, () =>
      soon(GONE_WITHIN_MS, async () => {
        const { program, pids } = await busyProgram(pair.map((kind) => kinds[kind]!), mayRun);
        await using _ = program;
        // At once: the reaper must know of a process before any of its code runs.
        ENDINGS[ending]!(program.pid);
        await program.child.status;
        return await msUntilAllGone(pids);
      }));
  }
}

for (
  const [ending, code, mayRun] of [
    ["Deno.exit(3);", 3, "may run Deno alone"],
    [`throw new Error("uncaught");`, 1, "may run anything"],
  ] as const
) {
  Deno.test(`Processes and daemons are gone when their program ends by ${ending}, whatever they do`, () =>
    soon(GONE_WITHIN_MS, async () => {
      const { program, pids } = await busyProgram(kinds, mayRun, ending);
      await using _ = program;
      const others = (await childrenOf(program.pid)).filter((pid) => !pids.has(pid));
      assertEquals(others.length, 1);
      await program.send("\n");
      assertEquals((await program.child.status).code, code);
      return await msUntilAllGone(new Map(pids).set(others[0]!, "ends processes"));
    }));
}

Deno.test("A process that has only just started is gone when its program is killed", () =>
  soon(GONE_WITHIN_MS, async () => {
    await using program = new RunningProgram(`
      const loop = () => { while (true); };
      const processes = [1, 2, 3].map(() => new corral.Process({ target: loop }));
      for (const process of processes) process.start();
      console.log(processes.map(({ pid }) => pid).join(" "));`);
    const pids = (await program.line()).split(" ").map(Number);
    Deno.kill(program.pid, "SIGKILL");
    await program.child.status;
    return await msUntilGone(pids);
  }));

Deno.test("A process's own process is gone when the program above both is killed", () =>
  soon(GONE_WITHIN_MS, async () => {
    await using program = new RunningProgram(
      `const process = new corral.Process({
        target: "loopBoth",
        module: ${JSON.stringify(import.meta.resolve("../fixtures/processes/loop_in_processes.ts"))},
        permissions: { run: true },
      });
      process.start();
      console.log(process.pid);`,
      { flags: ["--allow-run", "--allow-read"] },
    );
    const pids = [Number(await program.line()), Number(await program.line())];
    assertEquals((await alive(pids)).length, 2);
    Deno.kill(program.pid, "SIGKILL");
    await program.child.status;
    return await msUntilGone(pids);
  }));

for (
  const [ending, code] of [["", 0], ["Deno.exit(3);", 3], [`throw new Error("uncaught");`, 1]] as const
) {
  Deno.test(`A detached daemon lives on when its program ends by ${ending || "itself"}`, async () => {
    await using program = new RunningProgram(`
      const queue = new corral.Queue();
      const process = new corral.Process({
        target: async (queue) => {
          await queue.put("ready");
          await new Promise((resolve) => setTimeout(resolve, 600_000));
        },
        args: [queue],
        daemon: true,
        detached: true,
      });
      process.start();
      await queue.get();
      console.log(process.pid);
      ${ending}`);
    const pid = Number(await program.line());
    assertEquals((await program.child.status).code, code);
    assertEquals(await alive([pid]), [pid]);
    Deno.kill(pid, "SIGKILL");
    assertEquals(await survivors([pid], LIMIT_MS), []);
  });
}

Deno.test("A detached process keeps its program alive until it ends, unless it is a daemon", async () => {
  await using program = new RunningProgram(`
    const target = () => void setTimeout(() => console.log("child is done"), 100);
    new corral.Process({ target, detached: true }).start();
    addEventListener("unload", () => console.log("program ends"));`);
  assertEquals([await program.line(), await program.line()], ["child is done", "program ends"]);
  assertEquals((await program.child.status).code, 0);
});

Deno.test("Processes that were joined leave no process and no file open in a program that goes on", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using program = new RunningProgram(
    `const open = async () => (await new Deno.Command("ls", { args: ["/proc/" + Deno.pid + "/fd"] }).output())
      .stdout.filter((byte) => byte === 10).length;
    const round = async () => {
      const processes = Array.from({ length: 3 }, () => new corral.Process({ target: () => {} }));
      for (const process of processes) process.start();
      for (const process of processes) await process.join();
    };
    await round();
    // Deno itself keeps some open from the first processes on. Two rounds that leak would leave 6 at least.
    const before = await open();
    for (let i = 0; i < 2; i++) await round();
    console.log(await open() - before < 6);
    await Deno.stdin.read(new Uint8Array(1));`,
    { flags: ["--allow-run"], stdin: "piped" },
  );
  assertEquals(await program.line(), "true");
  assertEquals(await childrenOf(program.pid), []);
  await program.send("\n");
  assertEquals((await program.child.status).code, 0);
});
