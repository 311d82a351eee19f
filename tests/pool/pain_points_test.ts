// End-to-end tests of Pool: what users of Python's pools suffer from most, and what happens here instead.
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { kill } from "node:process";
import {
  CancelledError,
  EncodingError,
  FunctionNotFoundError,
  Pool,
  TaskTimeoutError,
  WorkerExitError,
} from "../../mod.ts";
import { pid, square } from "../fixtures/tasks/compute.ts";
import { heardReasons, heedAbort } from "../fixtures/tasks/heed_abort.ts";
import { hold } from "../fixtures/tasks/hold.ts";
import { loopForever } from "../fixtures/tasks/loop_forever.ts";
import { throwUploadError, throwValue } from "../fixtures/tasks/throw_errors.ts";
import { within } from "../helpers/simulated/clock.ts";
import { CountedInput } from "../helpers/simulated/counted_input.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { survivors } from "../helpers/programs/processes.ts";
import { RunningProgram, runProgram } from "../helpers/programs/program.ts";
import { assertNoWorkerLeft, assertServes, withPool } from "../helpers/pools/with_pool.ts";

const fixture = (name: string): string => import.meta.resolve(`../fixtures/tasks/${name}.ts`);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

Deno.test("a worker that dies in mid-task rejects only its task, and says how it died", () =>
  withPool({ workers: 2, permissions: GATE_PERMISSIONS }, async (pool, log) => {
    using gate = new Gate();
    const calls = range(2).map((index) =>
      pool.apply(hold<number>, [gate.port, index]).then((value) => ({ value }), (error) => ({ error }))
    );
    const behind = range(50).map((x) => pool.apply(square, [x]));
    await gate.arrived(2);
    const victim = log.pids[0]!;
    kill(victim, "SIGKILL");
    await log.reached("exit", 1);
    gate.open();
    const outcomes = await Promise.all(calls);
    const errors = outcomes.flatMap((outcome) => "error" in outcome ? [outcome.error] : []);
    assertEquals(errors.length, 1);
    assertInstanceOf(errors[0], WorkerExitError);
    assertEquals([errors[0].pid, errors[0].signal, errors[0].taskStarted], [victim, "SIGKILL", true]);
    assertEquals(await Promise.all(behind), range(50).map(square));
    await assertServes(pool);
  }));

Deno.test("a task that exits its process rejects with the exit code and the end of its stderr", () =>
  withPool({ workers: 1 }, async (pool) => {
    const exit = (): never => {
      Deno.stderr.writeSync(new TextEncoder().encode("the last words\n"));
      Deno.exit(3);
    };
    const error = await assertRejects(() => pool.apply(exit), WorkerExitError, "exited with code 3");
    assertEquals([error.exitCode, error.signal, error.taskStarted], [3, null, true]);
    assertStringIncludes(error.stderrTail, "the last words");
    await assertServes(pool);
  }));

Deno.test("an endless input is read on demand, and let go when the loop is left", () =>
  withPool({ workers: 2 }, async (pool) => {
    const input = new CountedInput();
    let taken = 0;
    for await (const _ of pool.imap(square, input.later())) {
      assertLessOrEqual(input.pulled, taken + 5);
      if (++taken === 100) break;
    }
    assert(input.closed);
    await assertServes(pool);
  }));

Deno.test("an error of any shape comes back, and the pool lives on", () =>
  withPool({ workers: 1, module: fixture("throw_errors") }, async (pool, log) => {
    const twoArguments = await assertRejects(() => pool.apply(throwUploadError, [5]), RangeError, "failed with 5");
    assertEquals((twoArguments as { code?: number }).code, 5);
    const hostile = (): never => {
      throw new Proxy(new Error("hostile"), {
        get: () => {
          throw new Error("no getter works");
        },
        ownKeys: () => {
          throw new Error("no keys");
        },
      });
    };
    assertInstanceOf(await pool.apply(hostile).catch((error) => error), Error);
    const cyclic = (): never => {
      const error = new Error("cyclic") as Error & { self?: unknown };
      error.self = error.cause = error;
      throw error;
    };
    const back = await assertRejects(() => pool.apply(cyclic), Error, "cyclic");
    assertEquals(back.cause, back);
    const odd = (): never => {
      throw { toString: () => "odd", fn: () => 1 };
    };
    await assertRejects(() => pool.apply(odd), EncodingError);
    await assertServes(pool);
    assertEquals(log.pids.length, 1);
  }));

Deno.test("Ctrl-C reaches the program alone, which ends its workers, at the first press", async () => {
  await using program = new RunningProgram(
    `
    const pool = new Pool({ workers: 2 });
    await pool.ready();
    const stuck = pool.workers.map(() => pool.apply(() => { while (true); }).catch((error) => error.name));
    Deno.addSignalListener("SIGINT", async () => {
      console.log(pool.workers.length);
      await pool.terminate();
      console.log((await Promise.all(stuck)).join(" "));
      Deno.exit(0);
    });
    console.log(pool.workers.map((worker) => worker.pid).join(" "));`,
    { detached: true },
  );
  const pids = (await program.line()).split(" ").map(Number);
  assertEquals(pids.length, 2);
  // To the whole process group, as a terminal does.
  kill(-program.pid, "SIGINT");
  assertEquals(await program.line(), "2");
  assertEquals(await program.line(), "CancelledError CancelledError");
  assertEquals((await program.child.status).code, 0);
  assertEquals(await survivors(pids, 0), []);
});

Deno.test("no worker outlives a program that was killed, not even one in an endless loop", async () => {
  await using program = new RunningProgram(`
    const pool = new Pool({ workers: 2 });
    await pool.ready();
    pool.apply(() => { while (true); }).catch(() => {});
    await pool.apply(() => 1);
    console.log(pool.workers.map((worker) => worker.pid).join(" "));
    setInterval(() => {}, 1000);`);
  const pids = (await program.line()).split(" ").map(Number);
  assertEquals(pids.length, 2);
  program.child.kill("SIGKILL");
  await program.child.status;
  assertEquals(await survivors(pids, 20_000), []);
});

Deno.test("running work can be cancelled, and only that work ends", () =>
  withPool(
    { workers: 2, module: fixture("heed_abort"), permissions: GATE_PERMISSIONS, abortGraceMs: 10_000 },
    async (pool, log) => {
      using gate = new Gate();
      const other = pool.apply(hold<string>, [gate.port, "other"]);
      await gate.arrived();
      const running = Promise.withResolvers<unknown>();
      const controller = new AbortController();
      const { signal } = controller;
      const cancelled = pool.apply(heedAbort, [], { signal, onProgress: running.resolve }).catch((error) => error);
      await running.promise;
      controller.abort(new Error("not needed any more"));
      assertEquals((await cancelled).message, "not needed any more");
      assertEquals(await pool.apply(heardReasons), ["not needed any more"]);
      gate.open();
      assertEquals(await other, "other");
      assertEquals(log.pids.length, 2);
    },
  ));

Deno.test("work that does not react to its timeout is ended with its worker, and only that", () =>
  withPool(
    { workers: 2, module: fixture("loop_forever"), permissions: GATE_PERMISSIONS, abortGraceMs: 20 },
    async (pool, log) => {
      using gate = new Gate();
      const other = pool.apply(hold<string>, [gate.port, "other"]);
      await gate.arrived();
      await within(1000, () => assertRejects(() => pool.apply(loopForever, [], { timeoutMs: 300 }), TaskTimeoutError));
      assertEquals(await pool.apply(square, [5]), 25);
      gate.open();
      assertEquals(await other, "other");
      assertEquals(log.of("exit").length, 1);
    },
  ));

Deno.test("lambdas, local functions and methods run, and what cannot says so at once", () =>
  withPool({ workers: 1, module: fixture("compute") }, async (pool) => {
    const local = (x: number): number => x + 1;
    const holder = {
      method(x: number): number {
        return x + 2;
      },
    };
    assertEquals([await pool.apply(local, [1]), await pool.apply(holder.method, [1])], [2, 3]);
    assertEquals(await pool.map((x: number) => x * 3, [1, 2]), [3, 6]);
    const captured = 5;
    await assertRejects(() => pool.apply(() => captured), ReferenceError, "export it from the module");
    await assertRejects(() => pool.apply(local.bind(null), [1]), FunctionNotFoundError, "wanted a function of its own");
    await assertRejects(() => pool.apply("squares", [1]), FunctionNotFoundError, '"square"');
  }));

Deno.test("a program needs no guard, its workers do not run it", async () => {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      path,
      `import { Pool } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
       export const triple = (x: number): number => 3 * x;
       console.log("loaded", import.meta.main);
       if (import.meta.main) {
         await using pool = new Pool({ workers: 1, module: import.meta });
         console.log(await pool.map(triple, [1, 2]), await pool.map((x: number) => x + 1, [1, 2]));
       }`,
    );
    const withModule = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-lock", "--no-config", `--allow-run=${Deno.execPath()}`, path],
    }).output();
    const printed = new TextDecoder().decode(withModule.stdout);
    assertEquals(printed, "loaded true\nloaded false\n[ 3, 6 ] [ 2, 3 ]\n");
    const { code, stdout } = await runProgram(`
      console.log("loaded");
      await using pool = new Pool({ workers: 1 });
      console.log(await pool.map((x) => x + 1, [1, 2]));`);
    assertEquals([code, stdout], [0, "loaded\n[ 2, 3 ]\n"]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("an error keeps the worker's stack", () =>
  withPool({ workers: 1, module: fixture("throw_errors") }, async (pool) => {
    const { stack } = await assertRejects(() => pool.apply(throwUploadError, [1]), RangeError);
    assertStringIncludes(stack!, "throw_errors.ts");
    assertStringIncludes(stack!, "pain_points_test.ts");
  }));

Deno.test("leaving the scope finishes the work, terminate() is safe in a callback", async () => {
  let results: Promise<number[]>;
  const log = new EventLog();
  {
    await using pool = new Pool({ workers: 2, onEvent: log.listener });
    results = pool.map(square, range(100));
  }
  assertEquals(await results, range(100).map(square));

  const pool = new Pool({ workers: 1, onEvent: log.listener });
  const terminated = Promise.withResolvers<void>();
  const errorCallback = (): void => void pool.terminate().then(terminated.resolve);
  const failed = pool.applyAsync(throwValue, [new Error("bad")], { errorCallback });
  const behind = range(20).map((x) => pool.apply(square, [x]).catch((error) => error));
  await failed.get().catch(() => {});
  await within(1000, () => terminated.promise);
  for (const result of await Promise.all(behind)) {
    assert(typeof result === "number" || result instanceof CancelledError);
  }
  assertNoWorkerLeft(pool, log);
});

Deno.test("workers that take one task each never let a backlog stand still", () =>
  withPool({ workers: 2, maxTasksPerChild: 1 }, async (pool, log) => {
    const calls = range(10).map((index) =>
      pool.apply(index % 5 === 4 ? () => Deno.exit(1) : pid).catch((error) => error)
    );
    const outcomes = await Promise.all(calls);
    outcomes.forEach((outcome, index) => {
      if (index % 5 === 4) assertInstanceOf(outcome, WorkerExitError);
      else assertEquals(typeof outcome, "number");
    });
    const pids = outcomes.filter((outcome) => typeof outcome === "number");
    assertEquals(new Set(pids).size, pids.length);
    assertLessOrEqual(log.pids.length, 13);
  }));
