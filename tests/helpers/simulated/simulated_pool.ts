import type { SchedulerEffects, SchedulerListener, SchedulerOptions } from "../../../src/pool/scheduling/effects.ts";
import { Scheduler } from "../../../src/pool/scheduling/scheduler.ts";
import { LEASE_FRESH_MS, LEASE_SILENCE_MS } from "../../../src/wire/messages/lease.ts";
import { EventQueue, type Random } from "./event_queue.ts";
import { type ChildSurroundings, type Latencies, SimulatedChild, type Start } from "./simulated_child.ts";
import { SimulatedTask, type TaskPlan } from "./simulated_task.ts";

/** The lease is the real one. */
export type SimulatedOptions = Omit<SchedulerOptions, "lease">;

/**
 * The real scheduler and real task loops, joined by pipes with delays, in simulated time.
 *
 * A child runs ahead of the simulation's time: what it does in one go is done at once, with the times that its own clock
 * shows. If it turns out to have been killed in between, what it did afterwards is struck out.
 */
export class SimulatedPool implements ChildSurroundings {
  readonly scheduler: Scheduler<SimulatedTask>;
  readonly children: SimulatedChild[] = [];
  readonly tasks: SimulatedTask[] = [];
  readonly random: Random;
  readonly latencies: Latencies;
  readonly concurrency: number;
  /** Whether the children say when they begin each task. */
  measures = false;
  finished = 0;
  #now = 0;
  #lastId = 0;
  readonly #events = new EventQueue();
  readonly #fences = new Set<{ check: () => void }>();
  #timerAt = Infinity;

  constructor(options: SimulatedOptions, latencies: Latencies, random: Random) {
    this.latencies = latencies;
    this.random = random;
    this.concurrency = options.concurrency;
    const lease = { freshMs: LEASE_FRESH_MS, silenceMs: LEASE_SILENCE_MS };
    this.scheduler = new Scheduler(this.#effects(), this.#listener(), { ...options, lease });
  }

  get now(): number {
    return this.#now;
  }

  /** All starts that really happened. */
  get starts(): Start[] {
    return this.children.flatMap((child) => child.starts);
  }

  /** Has something happen later. Nothing happens at `Infinity`. */
  at(time: number, action: () => void | Promise<void>): void {
    if (time < Infinity) this.#events.push(Math.max(time, this.#now), action);
  }

  /** A time that is mostly short. */
  delay(atMost: number): number {
    return this.random() < 0.8 ? this.random() * Math.min(atMost, 0.05) : this.random() * atMost;
  }

  /** Submits a task now. */
  submit(plan: TaskPlan): SimulatedTask {
    const task = new SimulatedTask(++this.#lastId, plan);
    this.tasks.push(task);
    this.scheduler.submit(task);
    return task;
  }

  /** What the engine does at the end of a turn. */
  dispatch(): void {
    this.scheduler.dispatch(this.#now);
    this.arm();
  }

  cancel(task: SimulatedTask): void {
    this.scheduler.cancel(task, undefined, this.#now);
    this.arm();
  }

  settle(task: SimulatedTask, outcome: SimulatedTask["outcomes"][number]): void {
    task.life += outcome === "result" ? "E" : "X";
    task.outcomes.push(outcome);
    task.settledAt = this.#now;
  }

  /** Lets time pass until nothing is left to happen. */
  async run(): Promise<void> {
    for (let count = 0; this.#events.size > 0; count++) {
      if (count > 100_000) throw new Error(`the pool is still busy at ${this.#now} ms, after ${count} events`);
      const { time, action } = this.#events.shift();
      this.#now = time;
      const pending = action();
      if (pending !== undefined) await pending;
    }
  }

  /** Something was read: fences may be through. */
  checkFences(): void {
    for (const fence of [...this.#fences]) fence.check();
  }

  /** Sees to it that the scheduler's next deadline is met. */
  arm(): void {
    const next = this.scheduler.nextDeadline();
    if (next >= this.#timerAt) return;
    const timerAt = this.#timerAt = next;
    this.at(next, () => {
      if (this.#timerAt !== timerAt) return;
      this.#timerAt = Infinity;
      this.scheduler.tick(this.#now);
      const following = this.scheduler.nextDeadline();
      if (following <= this.#now) throw new Error(`tick() at ${this.#now} leaves the deadline ${following}`);
      this.arm();
    });
  }

  #effects(): SchedulerEffects<SimulatedTask> {
    return {
      spawn: (slotIndex) => {
        const child = new SimulatedChild(this, this.scheduler.slots[slotIndex]!);
        this.children.push(child);
        return child;
      },
      reject: (task, error) => {
        if (error === undefined) return this.settle(task, "cancelled");
        this.settle(task, "rejected");
        this.#cancelWaitingFor(task);
      },
      finished: () => void this.finished++,
      fence: (done) => this.#fence(done),
    };
  }

  #listener(): SchedulerListener<SimulatedTask> {
    return {
      sent: (task) => void (task.life += "s"),
      returned: (task) => void (task.life += "r"),
      retried: (task) => {
        task.life += "t";
        this.#cancelWaitingFor(task);
      },
      ran: () => {},
      becameReady: () => {},
      becameBusy: () => {},
      becameIdle: () => {},
      startFailed: () => {},
    };
  }

  #cancelWaitingFor({ plan }: SimulatedTask): void {
    if (!plan.cancelsWaiting) return;
    for (const task of this.tasks) if (task.state === "waiting") this.cancel(task);
  }

  /** Through when all that lay in a pipe when it was raised has been read. */
  #fence(done: (held: boolean, now: number) => void): void {
    const finish = (held: boolean): void => {
      done(held, this.#now);
      this.arm();
    };
    if (this.random() < this.latencies.fenceFailures) {
      return this.at(this.#now + this.delay(this.latencies.fence), () => finish(false));
    }
    const marks = this.children.map((child) => ({ child, writes: child.writesUntil(this.#now) }));
    const fence = {
      check: () => {
        if (!marks.every(({ child, writes }) => child.reads >= writes)) return;
        this.#fences.delete(fence);
        this.at(this.#now + this.delay(this.latencies.fence), () => finish(true));
      },
    };
    this.#fences.add(fence);
    fence.check();
  }
}
