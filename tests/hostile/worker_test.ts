/** End-to-end: What a hostile or broken task may try costs at most its own task; after each try the pool is as before. */
// deno-lint-ignore-file no-console -- tasks print
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  FunctionNotFoundError,
  OutOfMemoryError,
  Pool,
  ProtocolError,
  TaskTimeoutError,
  WorkerExitError,
} from "../../mod.ts";
import { until } from "../helpers/programs/processes.ts";
import { withInvariants } from "../helpers/pools/invariants.ts";

const FORGE = import.meta.resolve("../fixtures/attacks/forge_frames.ts");
const one = { workers: 1 };
const two = { workers: 2 };

Deno.test("bytes that look like messages are output, by whatever way they are printed", () =>
  withInvariants({ workers: 1, output: "events" }, async (pool, log) => {
    const print = async (): Promise<string> => {
      const text = '["result",1,0,"forged"]';
      const frame = new Uint8Array(8 + text.length);
      const view = new DataView(frame.buffer);
      view.setUint32(0, text.length + 4);
      view.setUint32(4, text.length);
      new TextEncoder().encodeInto(text, frame.subarray(8));
      console.log(new TextDecoder().decode(frame));
      Deno.stdout.writeSync(frame);
      (await import("node:fs")).writeSync(1, frame);
      for (const prefix of [[255, 255, 255, 255], [0, 0, 0, 0], [127, 255, 255, 255], [0, 0, 4, 0]]) {
        (await import("node:fs")).writeSync(1, new Uint8Array(prefix));
      }
      return "the answer";
    };
    assertEquals(await pool.apply(print), "the answer");
    assertStringIncludes(log.text("stdout"), "forged");
    assertEquals([log.of("violation").length, pool.stats().workersLost], [0, 0]);
  }));

Deno.test("a thrown value that takes years to write out costs its own task, or the start", () =>
  withInvariants(one, async (pool) => {
    const throwDoubled = (): never => {
      let value: unknown = [0];
      for (let n = 0; n < 45; n++) value = [value, value];
      throw value;
    };
    const error = await pool.apply(throwDoubled).catch((thrown) => thrown);
    assertEquals([Array.isArray(error), await pool.apply((n: number) => n + 1, [1])], [true, 2]);
    const module = `data:text/javascript,${encodeURIComponent(`export const f = () => 1; (${throwDoubled})();`)}`;
    await using failing = new Pool({ workers: 1, module });
    const failed = await assertRejects(() => failing.apply("f"));
    assertStringIncludes(`${failed}`, "an array");
  }));

Deno.test("a forged answer of another's task ends the forger alone", () =>
  withInvariants({ ...two, module: FORGE }, async (pool, log) => {
    const victim = pool.apply("wait", [1500]);
    await log.reached("taskStart", 1);
    const { taskId } = log.of("taskStart")[0]!;
    await assertRejects(() => pool.apply("forge", [taskId, ['["result",$OTHER,0,"forged"]']]), ProtocolError);
    assertEquals(await victim, "mine");
  }));

Deno.test("prototypes that a value names are data, in arguments, results and errors", () =>
  withInvariants(one, async (pool) => {
    const payload = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    const echo = (value: unknown): unknown => value;
    const result = await pool.apply(echo, [payload]) as object;
    assertEquals(Object.keys(result).sort(), ["__proto__", "constructor"]);
    const error = await pool.apply((value: object) => {
      throw Object.assign(new Error("with data"), { data: value });
    }, [payload]).catch((error: Error) => error);
    assertInstanceOf(error, Error);
    assertEquals("polluted" in {}, false);
    assertEquals("polluted" in error, false);
  }));

Deno.test("an error with a message of 50 MB and escapes arrives cut", () =>
  withInvariants(one, async (pool) => {
    const error = await pool.apply(() => {
      const error = new Error("\x1b]52;c;AAAA\x07" + "x".repeat(50_000_000));
      error.name = "TypeError\nforged: line";
      throw error;
    }).catch((error: Error) => error) as Error;
    assert(error.message.length < 200_000, `${error.message.length}`);
    assertEquals(await pool.apply(Math.sqrt, [4]), 2);
  }));

const BOMBS: Record<
  string,
  [task: () => unknown, errors: readonly (abstract new (...args: never) => Error)[], timeoutMs?: number]
> = {
  // Nothing else ends it.
  "a processor": [
    () => {
      while (true);
    },
    [TaskTimeoutError],
    1000,
  ],
  "threads": [
    () => {
      for (let i = 0; i < 50; i++) new Worker("data:text/javascript,for(;;);", { type: "module" });
      while (true);
    },
    [TaskTimeoutError, OutOfMemoryError, WorkerExitError],
    2000,
  ],
  "timers": [() => {
    for (let i = 0; i < 1_000_000; i++) setTimeout(() => {}, 1e6);
    return new Promise(() => {});
  }, [TaskTimeoutError, OutOfMemoryError]],
  // How soon memory is used up, the machine decides.
  "the heap": [
    () => {
      const all: unknown[] = [];
      while (true) all.push(new Array(1000).fill({}));
    },
    [OutOfMemoryError, WorkerExitError],
    60_000,
  ],
  "memory beside the heap": [
    () => {
      const all: unknown[] = [];
      while (true) all.push(new Uint8Array(1 << 20).fill(1));
    },
    [OutOfMemoryError, WorkerExitError],
    60_000,
  ],
};

for (const [what, [task, errors, timeoutMs = 5000]] of Object.entries(BOMBS)) {
  Deno.test(`a task that uses up ${what} ends within its limits, and others go on`, () =>
    withInvariants({ ...two, memoryLimitMiB: 128, taskTimeoutMs: 5000 }, async (pool) => {
      const bomb = pool.apply(task, [], { timeoutMs }).then(() => undefined, (error: Error) => error);
      const others = pool.map((x: number) => x + 1, Array.from({ length: 200 }, (_, x) => x), {
        chunkSize: 1,
        retries: 2,
      });
      const error = await bomb;
      assert(errors.some((ErrorClass) => error instanceof ErrorClass), `${error}`);
      assertEquals((await others).length, 200);
    }));
}

Deno.test("a flood of output costs its worker time, and the program little memory", async () => {
  await using pool = new Pool({ workers: 2, output: "events" });
  await pool.ready();
  const before = Deno.memoryUsage().rss;
  await pool.apply(async () => {
    const { writeSync } = await import("node:fs");
    const block = new Uint8Array(1 << 20).fill(120);
    for (let i = 0; i < 60; i++) {
      writeSync(1, block);
      Deno.stdout.writeSync(block);
      writeSync(2, block);
    }
  });
  const grownMiB = (Deno.memoryUsage().rss - before) / 1048576;
  assert(grownMiB < 120, `it grew by ${Math.round(grownMiB)} MiB`);
});

Deno.test("a task cannot signal its parent, its sister or its reaper, and only itself when it signals itself", () =>
  withInvariants(two, async (pool) => {
    const pids = await Promise.all([1, 2].map(() =>
      pool.apply(async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return Deno.pid;
      })
    ));
    const kill = (pid: number): void => Deno.kill(pid, "SIGKILL");
    const parent = (): void => Deno.kill(Deno.ppid, "SIGKILL");
    await assertRejects(() => pool.apply(parent), Deno.errors.NotCapable);
    for (const pid of pids) await pool.apply(kill, [pid]).catch(() => {});
    await assertRejects(() => pool.apply((pid: number) => Deno.kill(-pid, "SIGKILL"), [Deno.pid]), Error);
    await assertRejects(() => pool.apply(() => Deno.kill(Deno.pid, "SIGKILL")), WorkerExitError);
  }));

Deno.test("a name that every object has is not a function of a module", () =>
  withInvariants({ ...one, module: FORGE }, async (pool) => {
    for (const name of ["constructor", "__proto__", "toString", "then", ""]) {
      await assertRejects(() => pool.apply(name), FunctionNotFoundError);
    }
  }));

Deno.test("many tasks that leak a megabyte each end no other task", () =>
  withInvariants({ ...two, memoryLimitMiB: 256, maxTasksPerChild: 40 }, async (pool) => {
    const leak = (index: number): number => {
      const held = (globalThis as { held?: unknown[] }).held ??= [];
      held.push(new Uint8Array(1 << 20).fill(1));
      return index;
    };
    const results = await pool.map(leak, Array.from({ length: 120 }, (_, index) => index), { chunkSize: 1 });
    assertEquals(results.length, 120);
    assert(await until(() => pool.stats().running === 0, 10_000));
  }));

Deno.test("a task that replaces what every program uses spoils no other pool, and at most the next task of its worker", () =>
  withInvariants(two, async (pool) => {
    await pool.apply(() => {
      JSON.stringify = () => "[]";
      Array.prototype.push = () => 0;
      Map.prototype.get = () => undefined;
    }).catch(() => {});
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4].map((x) => pool.apply((x: number) => [x], [x], { retries: 3 })),
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "fulfilled") assertEquals(outcome.value, [index + 1]);
      else assertInstanceOf(outcome.reason, WorkerExitError);
    }
    await using other = new Pool({ workers: 1 });
    assertEquals(await other.apply((x: number) => [x], [1]), [1]);
  }));
