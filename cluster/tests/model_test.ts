// Policy: the client against a simulated group that misbehaves in every way at once, in virtual time.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ClusterBackend } from "../src/client/cluster_backend.ts";
import type { Clock } from "../src/clock.ts";
import type { TaskHandle } from "../src/corral.ts";
import { Sealer } from "../src/message/letter.ts";
import { type Misbehaviour, SimulatedGroup, WELL_BEHAVED } from "./helpers/simulated_group.ts";
import { VirtualClock } from "./helpers/virtual_clock.ts";

const CODE = "code";
const MINUTE = 60_000;

class Lab {
  readonly clock = new VirtualClock();
  /** The backend's own alarms that wait. */
  readonly alarms = new Set<unknown>();
  readonly time: Clock = {
    now: () => this.clock.now(),
    epoch: () => this.clock.epoch(),
    after: (ms, call) => {
      const alarm = this.clock.after(ms, () => {
        this.alarms.delete(alarm);
        call();
      });
      this.alarms.add(alarm);
      return {
        cancel: () => {
          this.alarms.delete(alarm);
          alarm.cancel();
        },
      };
    },
  };
  readonly group: SimulatedGroup;
  readonly backend: ClusterBackend;
  readonly sealer = new Sealer("a secret of at least sixteen bytes");
  /** What was told of each task, in order. */
  readonly lives: string[][] = [];
  readonly handles: TaskHandle[] = [];

  constructor(misbehaviour: Misbehaviour, { seed = 1, lanes = 4, taskMs = 50 } = {}) {
    const random = mulberry32(seed);
    const costs = { tripMs: 1, engineMs: 0.2, taskMs: () => random() * 2 * taskMs };
    this.group = new SimulatedGroup({
      clock: this.clock,
      sealer: this.sealer,
      lanes,
      code: CODE,
      costs,
      misbehaviour,
      random,
    });
    let last = 0;
    this.backend = new ClusterBackend({
      settings: { name: "pool", moduleUrl: undefined, maxFrameBytes: 2 ** 28, workers: {} as never, options: {} },
      clientId: "c0",
      sealer: this.sealer,
      clock: this.time,
      nextJobId: () => `c0-${++last}`,
      shelfName: "client-c0-1",
      agentTimeoutMs: 30_000,
      leaseMs: 30_000,
      resultTtlMs: 3_600_000,
      open: (listener) => {
        this.group.listener = listener;
        return Promise.resolve({ broker: this.group, code: CODE });
      },
      onEnd: () => {},
    });
  }

  submit(retries: number): void {
    const life: string[] = [];
    const text = JSON.stringify([this.lives.length]);
    this.lives.push(life);
    const note = (step: string) => (): void => void life.push(step);
    this.handles.push(this.backend.submit({
      function: { kind: "export", name: "f" },
      payload: { text, tagged: false, parts: [] },
      handles: [],
      chunk: undefined,
      byteLength: text.length,
      priority: 0,
      key: undefined,
      timeoutMs: undefined,
      retries,
      trace: undefined,
    }, {
      sent: note("sent"),
      begun: note("begun"),
      returned: note("returned"),
      retried: note("retried"),
      progress: note("progress"),
      resolve: (value) => life.push(`value ${JSON.stringify(value)}`),
      reject: (error) => life.push(`error ${(error as Error).name}: ${(error as Error).message}`),
    }));
  }

  /** Closes the backend, or does what is given to end it. Nothing that it waited for may be left then, also not because of what comes late. */
  async finish(end: (backend: ClusterBackend) => void = (backend) => backend.close()): Promise<void> {
    let ended = false;
    end(this.backend);
    void this.backend.ended.then(() => {
      ended = true;
    });
    await this.clock.runUntil(() => ended, 60 * MINUTE);
    assertEquals(this.alarms.size, 0, "alarms are left when the backend has ended");
    const late = this.clock.now() + MINUTE;
    this.clock.after(MINUTE, () => {});
    await this.clock.runUntil(() => this.clock.now() >= late, 2 * MINUTE);
    assertEquals(this.alarms.size, 0, "alarms came up behind the end");
  }
}

/** sent, then begun; or returned or retried, and sent again; one end, and nothing after it. */
const LEGAL_LIFE = /^((sent )(begun )?((returned|retried) (sent )?(begun )?)*)?(value|error)$/;

function checkLives(lab: Lab): void {
  lab.lives.forEach((life, index) => {
    const shape = life.map((step) => step.split(" ")[0]).filter((step) => step !== "progress").join(" ");
    assert(LEGAL_LIFE.test(shape), `task ${index}: ${life.join(", ")}`);
    const end = life.at(-1)!;
    if (end.startsWith("value")) assertEquals(end, `value [${index}]`);
  });
}

Deno.test("ClusterBackend settles every task once, in a legal life, whatever is lost, repeated, refused, forged or cancelled", async () => {
  const chance = fc.double({ min: 0, max: 0.3, noNaN: true });
  const misbehaviour = fc.record<Misbehaviour>({
    loseEvent: fc.double({ min: 0, max: 1, noNaN: true }),
    repeatEvent: chance,
    failAdd: chance,
    refuse: chance,
    loseAgent: chance,
    forget: chance,
    forge: chance,
  });
  const cancellations = fc.array(fc.record({ task: fc.nat(59), at: fc.nat(3000) }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(misbehaviour, fc.integer(), fc.nat(2), cancellations, async (faults, seed, retries, cancelled) => {
      const lab = new Lab(faults, { seed });
      for (let index = 0; index < 60; index++) lab.submit(retries);
      for (const { task, at } of cancelled) {
        lab.clock.after(at, () => lab.backend.cancel(lab.handles[task]!, new Error("cancelled")));
      }
      await lab.finish();
      checkLives(lab);
      // Refusals start nothing. Of a job that vanished nobody knows how often it had started, unless events told.
      if (faults.forget > 0 && faults.loseEvent > 0) return;
      for (const [id, starts] of lab.group.starts) assert(starts <= retries + 1, `${id} started ${starts} times`);
    }),
    { numRuns: 60, seed: 20 },
  );
});

Deno.test("ClusterBackend leaves nothing behind: what is taken is acknowledged, what is cancelled is taken away", async () => {
  const lab = new Lab({ ...WELL_BEHAVED, loseEvent: 0.5 });
  for (let index = 0; index < 1000; index++) lab.submit(0);
  for (let index = 0; index < 1000; index += 3) {
    lab.clock.after(index, () => lab.backend.cancel(lab.handles[index]!, new Error("no")));
  }
  await lab.finish();
  checkLives(lab);
  assertEquals(lab.group.size, 0);
});

Deno.test("ClusterBackend has at most 256 orders out, or eight for each lane, and keeps every lane busy", async () => {
  const lab = new Lab(WELL_BEHAVED, { lanes: 4, taskMs: 100 });
  for (let index = 0; index < 2000; index++) lab.submit(0);
  let most = 0;
  const watch = (): void => {
    most = Math.max(most, lab.group.size);
    lab.clock.after(5, watch);
  };
  watch();
  await lab.clock.runUntil(() => lab.lives.every((life) => life.at(-1)?.startsWith("value")), 10 * MINUTE);
  assert(most <= 256 + 128, `${most} jobs were known at once`);
  // 2000 tasks of 100 ms on four lanes.
  assert(lab.clock.now() < 2000 * 100 / 4 * 1.15, `it took ${lab.clock.now()} ms`);
  await lab.finish();
});

Deno.test("ClusterBackend.terminate() leaves no timer, whatever it interrupts", async () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  const misbehaviour = fc.record<Misbehaviour>({
    ...{ loseEvent: chance, repeatEvent: chance, failAdd: chance, refuse: chance },
    ...{ loseAgent: chance, forget: chance, forge: chance },
  });
  await fc.assert(
    fc.asyncProperty(misbehaviour, fc.integer(), fc.nat(4000), async (faults, seed, at) => {
      const lab = new Lab(faults, { seed });
      for (let index = 0; index < 60; index++) lab.submit(1);
      lab.clock.after(at, () => {});
      await lab.clock.runUntil(() => lab.clock.now() >= at, MINUTE);
      const ready = lab.backend.ready().catch(() => {});
      await lab.finish((backend) => backend.terminate(() => new Error("the end")));
      await ready;
      checkLives(lab);
    }),
    { numRuns: 60, seed: 20 },
  );
});

Deno.test("ClusterBackend.terminate() ends although tasks never do", async () => {
  const lab = new Lab(WELL_BEHAVED, { taskMs: 1e12 });
  for (let index = 0; index < 10; index++) lab.submit(0);
  await lab.clock.runUntil(() => lab.lives.filter((life) => life.includes("begun")).length === 4, MINUTE);
  await lab.finish((backend) => {
    backend.terminate(() => new Error("the end"));
    assertEquals(lab.lives.map((life) => life.at(-1)), Array(10).fill("error Error: the end"));
  });
});

/** A small generator of numbers, the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
  };
}
