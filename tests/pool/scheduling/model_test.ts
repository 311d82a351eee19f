// Policy. The real scheduler and the real task loop in simulated time; CORRAL_TEST_SEED changes the cases.
import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { CancelledError } from "../../../src/errors.ts";
import { seededRandom } from "../../helpers/simulated/event_queue.ts";
import type { Latencies, Start } from "../../helpers/simulated/simulated_child.ts";
import { type SimulatedOptions, SimulatedPool } from "../../helpers/simulated/simulated_pool.ts";
import type { TaskPlan } from "../../helpers/simulated/simulated_task.ts";

const SEED = Number(Deno.env.get("CORRAL_TEST_SEED") ?? 20_260_101);

const PROBE_MS = 1000;

interface TimedTask extends TaskPlan {
  readonly submitAt: number;
  readonly cancelAfter: number | undefined;
}

interface Scenario {
  readonly seed: number;
  readonly options: SimulatedOptions;
  readonly latencies: Latencies;
  readonly tasks: readonly TimedTask[];
  readonly kills: readonly { readonly at: number; readonly slot: number }[];
  readonly ending: { readonly how: "close" | "terminate"; readonly at: number };
}

const OPTIONS: SimulatedOptions = {
  workers: 2,
  concurrency: 1,
  maxTasksPerChild: Infinity,
  idleTimeoutMs: Infinity,
  abortGraceMs: 20,
  breakOnExit: false,
};

const QUICK: Latencies = { toChild: 0.1, toParent: 0.1, stall: 0.02, start: 30, fence: 1, fenceFailures: 0 };

const anyDuration = fc.oneof(
  { weight: 12, arbitrary: fc.double({ min: 0, max: 0.3, noNaN: true }) },
  { weight: 3, arbitrary: fc.double({ min: 0.5, max: 7, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 20, max: 200, noNaN: true }) },
);

const anyPlan: fc.Arbitrary<TimedTask> = fc.record({
  durationMs: anyDuration,
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant("synchronous" as const) },
    { weight: 1, arbitrary: fc.constantFrom("asynchronous" as const, "abortable" as const) },
  ),
  throws: fc.integer({ max: 9, min: 0 }).map((dice) => dice === 0),
  retries: fc.constantFrom(0, 0, 1, 3),
  priority: fc.constantFrom(0, 0, 0, 0, 1, -1),
  key: fc.constantFrom(undefined, undefined, undefined, undefined, "a", "b"),
  timeoutMs: fc.constantFrom(undefined, undefined, undefined, 3, 30),
  byteLength: fc.constantFrom(10, 10, 10, 10, 100_000),
  cancelsWaiting: fc.boolean(),
  // Mostly in one burst, as the sending ahead is about that.
  submitAt: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.double({ min: 0, max: 80, noNaN: true })),
  cancelAfter: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.double({ min: 0, max: 60, noNaN: true })),
}, { noNullPrototype: true });

/** A task that never ends by itself must be given up by its caller. */
const endlessPlan: fc.Arbitrary<TimedTask> = anyPlan.map((plan) => ({ ...plan, durationMs: Infinity, timeoutMs: 10 }));

const anyLatencies: fc.Arbitrary<Latencies> = fc.record({
  toChild: fc.constantFrom(0.05, 1, 12),
  toParent: fc.constantFrom(0.05, 1, 12, 40),
  stall: fc.constantFrom(0.01, 0.5, 8),
  start: fc.constantFrom(1, 30),
  fence: fc.constantFrom(0.3, 3, 20),
  fenceFailures: fc.constantFrom(0, 0, 0, 0.3, 1),
}, { noNullPrototype: true });

function scenarios({ kills, concurrency }: { kills: boolean; concurrency: number }): fc.Arbitrary<Scenario> {
  return fc.record({
    seed: fc.integer(),
    options: fc.record({
      workers: fc.constantFrom(1, 2, 2, 3, 5),
      concurrency: fc.constant(concurrency),
      maxTasksPerChild: fc.constantFrom(Infinity, Infinity, Infinity, 1, 5),
      idleTimeoutMs: fc.constantFrom(Infinity, Infinity, 5),
      abortGraceMs: fc.constantFrom(5, 20),
      breakOnExit: fc.constantFrom(...(kills ? [false, false, false, true] : [false])),
    }, { noNullPrototype: true }),
    latencies: anyLatencies,
    tasks: fc.array(fc.oneof({ weight: 40, arbitrary: anyPlan }, { weight: kills ? 1 : 0, arbitrary: endlessPlan }), {
      maxLength: 80,
    }),
    kills: fc.array(
      fc.record({ at: fc.double({ min: 0, max: 150, noNaN: true }), slot: fc.nat(4) }, { noNullPrototype: true }),
      { maxLength: kills ? 6 : 0 },
    ),
    ending: fc.record({
      how: fc.constantFrom("close" as const, "terminate" as const),
      at: fc.constantFrom(Infinity, Infinity, Infinity, 40),
    }, { noNullPrototype: true }),
  }, { noNullPrototype: true });
}

async function play(
  { seed, options, latencies, tasks, kills, ending }: Scenario,
  measures = false,
): Promise<SimulatedPool> {
  const pool = new SimulatedPool(options, latencies, seededRandom(seed));
  pool.measures = measures;
  for (const plan of tasks) {
    pool.at(plan.submitAt, () => {
      if (pool.now >= ending.at) return;
      const task = pool.submit(plan);
      if (plan.cancelAfter !== undefined) pool.at(pool.now + plan.cancelAfter, () => pool.cancel(task));
    });
    // The microtask at the end of the turn: other tasks of the same moment come before it.
    pool.at(plan.submitAt, () => pool.at(pool.now, () => pool.dispatch()));
  }
  for (const { at, slot } of kills) {
    pool.at(at, () => {
      const worker = pool.scheduler.slots[slot % options.workers]!.present?.worker;
      pool.children.find((child) => child === worker)?.die(pool.now);
    });
  }
  pool.at(ending.at, () => end(pool, ending.how));
  await pool.run();
  return pool;
}

function end(pool: SimulatedPool, how: "close" | "terminate"): void {
  if (how === "close") pool.scheduler.close();
  else pool.scheduler.terminate(() => new CancelledError("terminated"));
  pool.arm();
}

function checkTasks(pool: SimulatedPool): void {
  for (const { id, outcomes } of pool.tasks) assertEquals(outcomes.length, 1, `task ${id}: ${outcomes}`);
  const { waiting, unsettled } = pool.scheduler;
  assertEquals({ waiting, unsettled }, { waiting: 0, unsettled: 0 });
}

/** A task that runs again does so as a later attempt, after the worker that had it has died. */
function checkStarts(pool: SimulatedPool): void {
  const last = new Map<number, Start>();
  for (const start of pool.starts.toSorted((a, b) => a.at - b.at)) {
    const before = last.get(start.taskId);
    if (before !== undefined) {
      assert(start.attempt > before.attempt, `task ${start.taskId} started twice in attempt ${start.attempt}`);
      assert(before.child.diedAt <= start.at, `task ${start.taskId} started again beside its first start`);
    }
    last.set(start.taskId, start);
  }
  for (const { id, attempt, outcomes } of pool.tasks) {
    if (outcomes[0] === "result" || outcomes[0] === "error") assertEquals(last.get(id)!.attempt, attempt);
  }
}

/** A worker starts what it was sent in the order in which it was sent, and never more than its share. */
function checkWorkers(pool: SimulatedPool, { maxTasksPerChild }: SimulatedOptions): void {
  for (const child of pool.children) {
    let at = -1;
    for (const { taskId } of child.starts) {
      at = child.sent.indexOf(taskId, at + 1);
      assert(at >= 0, `task ${taskId} was not next`);
    }
    assert(child.starts.length <= maxTasksPerChild);
  }
}

function checkSlots(pool: SimulatedPool): void {
  for (const { index, phase, held, present } of pool.scheduler.slots) {
    assertEquals({ index, held: Array.from(held.all(), ({ id }) => id), revoked: [...(present?.revoked ?? [])] }, {
      index,
      held: [],
      revoked: [],
    });
    assert(phase === "ready" || phase === "empty", `slot ${index} is ${phase}`);
  }
  for (const child of pool.children) assert(child.exited || !child.referenced, "an idle worker is referenced");
  assertEquals(pool.scheduler.nextDeadline(), Infinity);
}

/** As many tasks as there are places run, and at the same time. */
async function checkCapacity(pool: SimulatedPool, { options, latencies }: Scenario): Promise<void> {
  if (pool.scheduler.broken !== undefined) return;
  const places = options.workers * options.concurrency;
  const probes = Array.from({ length: places }, () => pool.submit({ kind: "asynchronous", durationMs: PROBE_MS }));
  pool.dispatch();
  await pool.run();
  assertEquals(probes.map(({ outcomes }) => outcomes), probes.map(() => ["result"]));
  // A worker near its last task has fewer places; what was sent ahead comes back only through a fence.
  if (options.maxTasksPerChild < Infinity || latencies.fenceFailures === 1) return;
  const starts = pool.starts.filter(({ taskId }) => taskId >= probes[0]!.id).map(({ at }) => at);
  assertLess(Math.max(...starts) - Math.min(...starts), PROBE_MS);
}

async function checkEnd(pool: SimulatedPool, scenario: Scenario): Promise<void> {
  if (pool.finished === 0) {
    end(pool, scenario.ending.how);
    await pool.run();
  }
  assertEquals(pool.finished, 1);
  for (const child of pool.children) assert(child.exited, "a worker outlived the pool");
}

async function checkScenario(scenario: Scenario): Promise<void> {
  const pool = await play(scenario);
  checkTasks(pool);
  if (scenario.ending.at === Infinity) {
    checkSlots(pool);
    await checkCapacity(pool, scenario);
  }
  checkStarts(pool);
  checkWorkers(pool, scenario.options);
  await checkEnd(pool, scenario);
}

async function forAll(cases: fc.Arbitrary<Scenario>, numRuns: number): Promise<void> {
  await fc.assert(fc.asyncProperty(cases, checkScenario), { seed: SEED, numRuns });
}

Deno.test("Scheduler settles every task once and starts none twice, however late messages come", () =>
  forAll(scenarios({ kills: false, concurrency: 1 }), 1500));

Deno.test("Scheduler settles every task once and gets its workers back when workers die", () =>
  forAll(scenarios({ kills: true, concurrency: 1 }), 1500));

Deno.test("Scheduler settles every task once when workers run several tasks at once", () =>
  forAll(scenarios({ kills: true, concurrency: 3 }), 700));

Deno.test("Scheduler lets no short task wait for a long one when another worker idles", async () => {
  const longMs = 10_000;
  const cases = fc.record({
    seed: fc.integer(),
    shorts: fc.integer({ min: 1, max: 400 }),
    shortMs: fc.double({ min: 0.001, max: 0.2, noNaN: true }),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    workers: fc.integer({ min: 2, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, shorts, shortMs, place, workers }) => {
      const pool = new SimulatedPool({ ...OPTIONS, workers }, QUICK, seededRandom(seed));
      pool.scheduler.startAll(0);
      await pool.run();
      const startedAt = pool.now;
      const long = Math.floor(place * shorts);
      for (let index = 0; index <= shorts; index++) {
        pool.submit({ kind: "synchronous", durationMs: index === long ? longMs : shortMs });
      }
      pool.dispatch();
      await pool.run();
      const lastShort = Math.max(...pool.tasks.filter((_, index) => index !== long).map(({ settledAt }) => settledAt));
      // Each may have been sent alone, to the one worker that is left; the lease and its fence once.
      assertLess(lastShort - startedAt, shorts * (shortMs + 0.3) + 5 + 2 * QUICK.fence);
      checkTasks(pool);
      checkStarts(pool);
      checkSlots(pool);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

// --- what observers are told

/** As in `LifeLog`; a task that gave a result or an error has begun, exactly once in its last sending. */
const LEGAL_LIFE = /^u(s(r|b?t))*(sbE|sb?X|X)$/;

Deno.test("Scheduler tells a legal life of each task, whatever dies: 50 runs with kills", async () => {
  let died = 0;
  for (const concurrency of [1, 1, 1, 3]) {
    await fc.assert(
      fc.asyncProperty(scenarios({ kills: true, concurrency }), async (scenario) => {
        const pool = await play(scenario, true);
        died += pool.children.filter(({ diedAt }) => diedAt < Infinity).length;
        for (const { id, life } of pool.tasks) assert(LEGAL_LIFE.test(life), `task ${id} lived ${life}`);
        const starts = pool.tasks.map(({ life }) => life.split("b").length - 1);
        const runs = new Map<number, number>();
        for (const { taskId } of pool.starts) runs.set(taskId, (runs.get(taskId) ?? 0) + 1);
        // What a child began just before it died, or was asked to stop, may not have been heard of; but nothing is told that was not so.
        for (const [index, { id }] of pool.tasks.entries()) assert(starts[index]! <= (runs.get(id) ?? 0));
      }),
      { seed: SEED, numRuns: 50 },
    );
  }
  assert(died > 50, `only ${died} workers died`);
});
