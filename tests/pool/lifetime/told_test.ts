// End-to-end tests of Pool: what it tells of its workers and tasks.
import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { Pool, type PoolEvent } from "../../../mod.ts";
import { hold } from "../../fixtures/tasks/hold.ts";
import { reportProgress, whoAmI } from "../../fixtures/tasks/tell_task.ts";
import { throwValue } from "../../fixtures/tasks/throw_errors.ts";
import { catchErrors } from "../../helpers/pools/catch_errors.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { withPool } from "../../helpers/pools/with_pool.ts";

const fixture = (name: string): string => import.meta.resolve(`../../fixtures/tasks/${name}.ts`);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

Deno.test("Pool.stats() counts tasks and workers, and how long tasks waited and ran", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const held = pool.apply(hold<number>, [gate.port, 1]);
    await gate.arrived();
    const controller = new AbortController();
    const cancelled = pool.apply(Math.sqrt, [4], { signal: controller.signal }).catch((error) => error.name);
    const failed = pool.apply(throwValue, [new Error("bad")]).catch((error) => error.message);
    const done = pool.apply(Math.sqrt, [4]);
    controller.abort();
    assertEquals(await cancelled, "AbortError");
    const during = pool.stats();
    assertEquals([during.submitted, during.waiting, during.running, during.cancelled], [4, 2, 1, 1]);
    gate.open();
    assertEquals([await held, await failed, await done], [1, "bad", 2]);
    const { submitted, completed, failed: failures, waiting, running, ...rest } = pool.stats();
    assertEquals([submitted, completed, failures, waiting, running], [4, 2, 1, 0, 0]);
    assertEquals([rest.cancelled, rest.retried, rest.workersStarted, rest.workersLost], [1, 0, 1, 0]);
    // One that was sent ahead and came back has waited twice.
    assertGreaterOrEqual(rest.waitingTime.count, 3);
    assertEquals(rest.runningTime.count, 3);
    assertGreater(rest.waitingTime.maxMs, 0);
    assertGreater(rest.runningTime.maxMs, 0);
  }));

Deno.test("Pool tells onEvent what happens, in order", () =>
  withPool({ workers: 1, name: "told" }, async (pool, log) => {
    await pool.apply(Math.sqrt, [4]);
    await pool.apply(throwValue, [5]).catch(() => {});
    pool.close();
    await pool.join();
    assertEquals(log.events.map(({ type }) => type), [
      "taskSubmit",
      "spawn",
      "ready",
      "busy",
      "taskStart",
      "taskEnd",
      "idle",
      "taskSubmit",
      "busy",
      "taskStart",
      "taskEnd",
      "idle",
      "exit",
    ]);
    const ends = log.of("taskEnd").map(({ ok, outcome, name, error }) => ({ ok, outcome, name, error }));
    assertEquals(ends, [
      { ok: true, outcome: "completed", name: "Math.sqrt", error: undefined },
      { ok: false, outcome: "task", name: "throwValue", error: 5 },
    ]);
    for (const { durationMs, totalMs } of log.of("taskEnd")) assert(durationMs! >= 0 && durationMs! <= totalMs);
    assertEquals(log.events.map(({ at }) => at), log.events.map(({ at }) => at).toSorted((a, b) => a - b));
    const exits = log.of("exit").map(({ exitCode, signal, expected }) => [exitCode, signal, expected]);
    assertEquals(exits, [[0, null, true]]);
  }));

Deno.test("Pool reports an onEvent or onProgress that throws, and no task is harmed", async () => {
  const reported: string[] = [];
  using _console = catchErrors((callback, error) => reported.push(`${callback}: ${(error as Error).message}`));
  const onEvent = (event: PoolEvent): void => {
    if (event.type === "taskEnd") throw new Error("the listener's fault");
  };
  const onProgress = (): void => {
    throw new Error("the progress bar's fault");
  };
  await withPool({ workers: 1, onEvent, module: fixture("tell_task") }, async (pool, log) => {
    assertEquals(await pool.apply(reportProgress, [[1, 2]], { onProgress }), "done");
    assertEquals(await pool.apply(Math.sqrt, [4]), 2);
    assertEquals(log.pids.length, 1);
  });
  assertEquals(reported.toSorted(), [
    "Error in the onEvent callback of a pool, which goes on:: the listener's fault",
    "Error in the onEvent callback of a pool, which goes on:: the listener's fault",
    "Error in the onProgress callback of a pool, which goes on:: the progress bar's fault",
    "Error in the onProgress callback of a pool, which goes on:: the progress bar's fault",
  ]);
});

Deno.test("Pool reports asynchronous callbacks that reject, and errors that cannot be shown, and harms nobody", async () => {
  const reported = new Set<string>();
  using _console = catchErrors((callback, error) => reported.add(`${callback} ${(error as Error).message ?? error}`));
  const fail = async (): Promise<never> => {
    await Promise.resolve();
    throw new Error("late");
  };
  await withPool({ workers: 1, onEvent: fail, module: fixture("tell_task") }, async (pool) => {
    const stop = pool.observe({ settled: fail, context: fail as never });
    assertEquals(await pool.apply(reportProgress, [[1]], { onProgress: fail }), "done");
    assertEquals(await pool.applyAsync(Math.sqrt, [4], { callback: fail }), 2);
    await assertRejects(() => pool.applyAsync("nothing" as never, [], { errorCallback: fail }).get());
    assertEquals(await pool.map(Math.sqrt, [4], { onItem: fail }), [2]);
    stop();
    assertEquals(await pool.apply(Math.sqrt, [9]), 3);
    assertEquals(pool.stats().workersLost, 0);
  });
  const kinds = ["the onEvent callback", "an observer", "the onProgress callback", "the callback"];
  for (const kind of [...kinds, "the errorCallback", "the onItem callback"]) {
    assert(reported.has(`Error in ${kind} of a pool, which goes on: late`), kind);
  }
});

Deno.test("Pool may be ended by the code that hears an event", async () => {
  const types = ["spawn", "ready", "taskStart", "output", "taskEnd", "retry", "exit"] as const;
  for (const end of ["terminate", "close"] as const) {
    for (const type of types) {
      const heard = Promise.withResolvers<void>();
      const onEvent = (event: PoolEvent): void => {
        if (event.type === type) heard.resolve(pool[end]() ?? undefined);
      };
      const pool = new Pool({ workers: 1, output: "events", onEvent });
      const printAndExit = () => {
        Deno.stdout.writeSync(new TextEncoder().encode("the end\n"));
        Deno.exit(3);
      };
      const calls = [pool.ready(), pool.apply(Math.sqrt, [4]), pool.apply(printAndExit, [], { retries: 1 })];
      await Promise.allSettled(calls);
      await heard.promise;
      await pool.join();
      assertEquals(pool.workers, [], `${end} at ${type}`);
    }
  }
});

Deno.test("Pool cancels a call, a map and an imap that are aborted by the code that hears of their first task", async () => {
  const reason = new Error("enough");
  const never = (): Promise<never> => new Promise(() => setInterval(() => {}, 1000));
  const calls: Record<string, (pool: Pool, signal: AbortSignal) => PromiseLike<unknown>> = {
    apply: (pool, signal) => pool.apply(never, [], { signal }),
    map: (pool, signal) => pool.map(never, range(9), { signal }),
    imap: (pool, signal) => pool.imap(never, range(9), { signal }).next(),
    imapUnordered: (pool, signal) => pool.imapUnordered(never, range(9), { signal }).next(),
  };
  for (const [name, call] of Object.entries(calls)) {
    const controller = new AbortController();
    const onEvent = (event: PoolEvent): void => {
      if (event.type === "taskSubmit") controller.abort(reason);
    };
    await using pool = new Pool({ workers: 1, onEvent });
    assertEquals(await call(pool, controller.signal).then(() => undefined, (error) => error), reason, name);
    const { submitted, cancelled } = pool.stats();
    assertEquals([submitted, cancelled], [1, 1], name);
  }
});

Deno.test("Pool tells onProgress every value in order, before the result", () =>
  withPool({ workers: 2, module: fixture("tell_task") }, async (pool) => {
    const told: unknown[] = [];
    const onProgress = (value: unknown): void => void told.push(value);
    const values = [1, undefined, { at: new Date(2) }, new Uint8Array([3])];
    told.push(await pool.apply(reportProgress, [values], { onProgress }));
    assertEquals(told, [...values, "done"]);
    told.length = 0;
    await pool.map(reportProgress, [[1], [2], [3]], { onProgress });
    assertEquals(told.toSorted(), [1, 2, 3]);
    assertEquals(await pool.apply(reportProgress, [[1]]), "done");
  }));

Deno.test("task tells the worker's number and the attempt, and is refused outside of tasks", async () => {
  await withPool({ workers: 2, module: fixture("tell_task") }, async (pool) => {
    await pool.ready();
    const told = await pool.map(whoAmI, range(40), { chunkSize: 1 });
    assertEquals(new Set(told.map(([workerId]) => workerId)), new Set([0, 1]));
    assertEquals(new Set(told.map(([, attempt]) => attempt)), new Set([1]));
  });
  assertEquals(
    await Promise.resolve().then(() => whoAmI()).catch((error) => error.message.slice(0, 17)),
    'Cannot use "task"',
  );
});

Deno.test("An observer that terminates the pool leaves the order of events to the others", async () => {
  for (const moment of ["submitted", "begun", "retried"] as const) {
    const pool = new Pool({ workers: 1, retries: 1 });
    pool.observe({ [moment]: () => void pool.terminate() });
    const heard: string[] = [];
    const names = ["submitted", "sent", "begun", "retried", "settled"] as const;
    pool.observe(Object.fromEntries(names.map((name) => [name, () => heard.push(name)])));
    await assertRejects(() => pool.apply(() => Deno.exit(3)));
    await pool.terminate();
    assertEquals(heard, [...names.slice(0, names.indexOf(moment) + 1), "settled"]);
  }
});
