/** End-to-end tests of programs that end, in every way, while their workers are idle, waiting or in an endless loop. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { soon } from "../helpers/simulated/clock.ts";
import { childrenOf, msUntilGone, until } from "../helpers/programs/processes.ts";
import { RunningProgram, runProgram } from "../helpers/programs/program.ts";

/** As docs/security.md promises. */
const GONE_WITHIN_MS = 2000;

/** What a worker does when the program ends: the text of its task, which prints a line once it does so. One without a task is idle. */
const BUSY: Record<string, string> = {
  "waits in a task": `() => { console.log("started"); return new Promise(() => setInterval(() => {}, 9999)); }`,
  "is in an endless loop": `() => { console.log("started"); while (true); }`,
  "ignores every signal that can be ignored": `() => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) Deno.addSignalListener(signal, () => {});
    addEventListener("unload", () => { while (true); });
    console.log("started");
    return new Promise(() => setInterval(() => {}, 9999));
  }`,
};

/** How a program is set up that is to end. */
interface BusyOptions {
  /** What its workers do, those but one that is idle. */
  tasks?: readonly string[];
  /** What it does when it is told to end. */
  ending?: string;
  flags?: readonly string[];
}

/** Starts a program with workers of each kind and an idle one, waits until they are busy, and finds its children: the workers and the reaper. */
async function busyProgram(
  { tasks = Object.values(BUSY), ending = "", flags }: BusyOptions = {},
): Promise<{ program: RunningProgram; children: number[] }> {
  const workers = tasks.length + 1;
  const program = new RunningProgram(
    `const pool = new Pool({ workers: ${workers} });
    await pool.ready();
    for (const task of [${tasks.join()}]) pool.apply(task).catch(() => {});
    setInterval(() => {}, 9999);
    await Deno.stdin.read(new Uint8Array(1));
    ${ending}`,
    { detached: true, stdin: "piped", ...(flags && { flags }) },
  );
  for (const _ of tasks) await program.line();
  // The reaper starts behind what the program does when its workers are ready.
  let children: number[] = [];
  await until(async () => (children = await childrenOf(program.pid)).length > workers, 20_000);
  assertEquals(children.length, workers + 1);
  return { program, children };
}

const ENDINGS: Record<string, (pid: number) => void> = {
  "SIGKILL": (pid) => Deno.kill(pid, "SIGKILL"),
  "SIGINT": (pid) => Deno.kill(pid, "SIGINT"),
  "SIGINT for its whole group": (pid) => Deno.kill(-pid, "SIGINT"),
};

for (const [ending, end] of Object.entries(ENDINGS)) {
  for (
    const [what, flags] of [["may run Deno alone", undefined], ["may run anything", ["--allow-run"]]] as const
  ) {
    Deno.test(`Pool leaves no process when a program that ${what} gets ${ending}, whatever its workers do`, () =>
      soon(GONE_WITHIN_MS, async () => {
        const { program, children } = await busyProgram(flags && { flags });
        await using _ = program;
        end(program.pid);
        await program.child.status;
        return await msUntilGone(children);
      }));
  }
}

for (const [ending, code] of [["Deno.exit(3);", 3], [`throw new Error("uncaught");`, 1]] as const) {
  Deno.test(`Pool leaves no process when the program ends by ${ending}, whatever its workers do`, () =>
    soon(GONE_WITHIN_MS, async () => {
      const { program, children } = await busyProgram({ ending });
      await using _ = program;
      await program.send("\n");
      assertEquals((await program.child.status).code, code);
      return await msUntilGone(children);
    }));
}

for (const signal of ["SIGKILL", "SIGINT"] as const) {
  Deno.test(`Pool leaves no process when the program gets ${signal} while its workers start`, () =>
    soon(GONE_WITHIN_MS, async () => {
      await using program = new RunningProgram(
        `const pool = new Pool({ workers: 3 });
        pool.map((x: number) => x, [1, 2, 3], { chunkSize: 1 }).catch(() => {});
        queueMicrotask(() => console.log(pool.workers.map(({ pid }) => pid).join(" ")));`,
        { detached: true },
      );
      const pids = (await program.line()).split(" ").map(Number);
      assertEquals(pids.length, 3);
      Deno.kill(program.pid, signal);
      await program.child.status;
      return await msUntilGone(pids);
    }));
}

Deno.test("Pool leaves no process when the program gets SIGKILL while its workers are stuck in loading their module", () =>
  soon(GONE_WITHIN_MS, async () => {
    await using program = new RunningProgram(
      `const pool = new Pool({ workers: 2, module: "data:text/javascript,console.log(Deno.pid);while(true);" });
      pool.ready().catch(() => {});`,
      { detached: true },
    );
    for (const _ of [1, 2]) await program.line();
    let children: number[] = [];
    // With the reaper, which starts later than workers, so as not to delay them.
    await until(async () => (children = await childrenOf(program.pid)).length === 3, 20_000);
    assertEquals(children.length, 3);
    Deno.kill(program.pid, "SIGKILL");
    await program.child.status;
    return await msUntilGone(children);
  }));

Deno.test("Pool leaves no process when the program gets SIGKILL after its reaper was killed", () =>
  soon(GONE_WITHIN_MS, async () => {
    const { program, children } = await busyProgram({ tasks: [BUSY["is in an endless loop"]!] });
    await using _ = program;
    // The reaper was started last.
    Deno.kill(Math.max(...children), "SIGKILL");
    let present: number[] = [];
    await until(async () => (present = await childrenOf(program.pid)).some((pid) => !children.includes(pid)), 20_000);
    assertEquals(present.length, 3);
    Deno.kill(program.pid, "SIGKILL");
    await program.child.status;
    return await msUntilGone(present);
  }));

Deno.test("Pool does not keep a program alive when it is idle and was not closed, nor when it was never used", () =>
  soon(5000, async () => {
    const startedAt = performance.now();
    const { code, stdout, stderr } = await runProgram(`
      new Pool();
      const ready = new Pool({ workers: 1 });
      await ready.ready();
      const pool = new Pool({ workers: 2 });
      console.log(await pool.map((x: number) => x + 1, [1, 2, 3]));
    `);
    assertEquals([code, stdout, stderr], [0, "[ 2, 3, 4 ]\n", ""]);
    return performance.now() - startedAt;
  }));

Deno.test("Pool keeps a program alive while a task runs, also when its first worker died before", async () => {
  const { code, stdout, stderr } = await runProgram(`
    const pool = new Pool({ workers: 1 });
    await pool.apply(() => Deno.exit(4)).catch((error) => console.log(error.exitCode));
    pool.apply(() => new Promise((resolve) => setTimeout(resolve, 100, "late"))).then((text) => console.log(text));
  `);
  assertEquals([code, stdout, stderr], [0, "4\nlate\n", ""]);
});

Deno.test("Pool lets Ctrl-C reach the program alone, which can then finish its work", async () => {
  await using program = new RunningProgram(
    `await using pool = new Pool({ workers: 2 });
    const interrupted = Promise.withResolvers<void>();
    Deno.addSignalListener("SIGINT", interrupted.resolve);
    await pool.ready();
    const task = pool.apply(async (ms: number) => {
      console.log("started");
      await new Promise((resolve) => setTimeout(resolve, ms));
      return "finished";
    }, [300]);
    await interrupted.promise;
    console.log(await task, pool.stats().workersLost);
    Deno.exit(130);`,
    { detached: true },
  );
  assertEquals(await program.line(), "started");
  Deno.kill(-program.pid, "SIGINT");
  assertEquals(await program.line(), "finished 0");
  assertEquals((await program.child.status).code, 130);
});

Deno.test("An uncaught task error ends the program with the error and code 1", async () => {
  const { code, stderr } = await runProgram(`
    const pool = new Pool({ workers: 1 });
    await pool.apply(() => { throw new RangeError("of the task"); });
  `);
  assertEquals(code, 1);
  assertMatch(stderr, /RangeError: of the task/);
  assertStringIncludes(stderr, "in the worker");
});
