import type { LoadedModule } from "../../../src/child/tasks/functions.ts";
import type { RunningTask } from "../../../src/child/runtime.ts";
import { Standby } from "../../../src/child/standby.ts";
import { TaskLoop } from "../../../src/child/tasks/task_loop.ts";
import { Scheduler } from "../../../src/pool/scheduling/scheduler.ts";
import type {
  SchedulerEffects,
  SchedulerListener,
  SchedulerOptions,
  SchedulerWorker,
} from "../../../src/pool/scheduling/effects.ts";
import type { ScheduledTask, TaskPlace, TaskState } from "../../../src/pool/scheduling/scheduled_task.ts";
import type { Slot } from "../../../src/pool/scheduling/slot.ts";
import { HEAD, LEASE_FRESH_MS, LEASE_SILENCE_MS } from "../../../src/wire/messages/lease.ts";
import type { ParentMessage } from "../../../src/wire/messages/to_child.ts";
import { type ChildMessage, READY, STANDBY } from "../../../src/wire/messages/to_parent.ts";
import { EventQueue, type Random } from "./event_queue.ts";

/** How long things may take at worst, in milliseconds; mostly they take next to nothing. */
export interface Latencies {
  /** Until the child sees a message. */
  readonly toChild: number;
  /** Until the program reads a message: its loop may be busy, while its timers are on time. */
  readonly toParent: number;
  /** The child is not scheduled, before or after it writes. */
  readonly stall: number;
  /** Until a worker is ready. */
  readonly start: number;
  /** From the moment that all pipes have been read until the fence says so. */
  readonly fence: number;
  /** The share of fences that cannot be told. */
  readonly fenceFailures: number;
}

/** What a simulated task does. */
export interface TaskPlan {
  readonly durationMs: number;
  /** Without awaiting anything, or in a promise; "abortable" also ends when it is aborted. */
  readonly kind: "synchronous" | "asynchronous" | "abortable";
  readonly throws?: boolean;
  readonly retries?: number;
  readonly priority?: number;
  readonly key?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly byteLength?: number;
  /** The one who hears that it was rejected, or is tried again, at once cancels the tasks that no worker has, as a `map` does. */
  readonly cancelsWaiting?: boolean;
}

/** The lease is the real one. */
export type SimulatedOptions = Omit<SchedulerOptions, "lease">;

/** A task in the simulation; `outcomes` must get exactly one entry. */
export class SimulatedTask implements ScheduledTask {
  readonly id: number;
  readonly plan: TaskPlan;
  readonly priority: number;
  readonly key: string | undefined;
  readonly byteLength: number;
  readonly timeoutMs: number | undefined;
  /** A letter for each step, as in `LifeLog`. */
  life = "u";
  readonly outcomes: ("result" | "error" | "rejected" | "cancelled")[] = [];
  settledAt = Infinity;
  state: TaskState = "waiting";
  slot: TaskPlace<this> | undefined = undefined;
  attempt = 1;
  retriesLeft: number;
  redeliveries = 0;
  sentAt: number | undefined = undefined;
  givenUpAt: number | undefined = undefined;

  constructor(id: number, plan: TaskPlan) {
    this.id = id;
    this.plan = plan;
    this.priority = plan.priority ?? 0;
    this.key = plan.key;
    this.byteLength = plan.byteLength ?? 10;
    this.timeoutMs = plan.timeoutMs;
    this.retriesLeft = plan.retries ?? 0;
  }
}

/** A task's code began to run. */
export interface Start {
  readonly taskId: number;
  readonly attempt: number;
  readonly child: SimulatedChild;
  readonly at: number;
}

/**
 * The real scheduler and real task loops, joined by pipes with delays, in simulated time.
 *
 * A child runs ahead of the simulation's time: what it does in one go is done at once, with the times that its own clock
 * shows. If it turns out to have been killed in between, what it did afterwards is struck out.
 */
export class SimulatedPool {
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

/** One child: the real task loop between two pipes, with a clock of its own. */
export class SimulatedChild implements SchedulerWorker<SimulatedTask> {
  readonly slot: Slot<SimulatedTask>;
  /** Ids in the order in which they were sent. */
  readonly sent: number[] = [];
  starts: Start[] = [];
  /** How many of its messages were read. */
  reads = 0;
  diedAt = Infinity;
  referenced = false;
  exited = false;
  readonly #pool: SimulatedPool;
  readonly #loop: TaskLoop;
  readonly #standby = new Standby();
  readonly #inbox: (() => void)[] = [];
  /** What waits for the next flush. */
  readonly #unsent: ParentMessage[] = [];
  #outbox: { readonly text: string; readonly at: number }[] = [];
  #lastArrival = 0;
  #clock: number;
  #working = false;
  #readScheduled = false;
  #running: RunningTask | undefined;

  constructor(pool: SimulatedPool, slot: Slot<SimulatedTask>) {
    this.#pool = pool;
    this.slot = slot;
    this.#clock = pool.now;
    this.#loop = new TaskLoop({
      module: this.#module(),
      concurrency: pool.concurrency,
      send: (text) => this.#write(text),
      scope: {
        run: (task, body) => {
          this.#running = task;
          return body();
        },
        current: () => this.#running,
        origin: () => undefined,
      },
      standby: this.#standby,
      now: () => this.#clock,
    });
    this.#loop.receive(["function", 1, { kind: "export", name: "work" }], []);
    this.#happen(pool.now + pool.random() * pool.latencies.start, () => this.#write(READY));
  }

  run(tasks: readonly SimulatedTask[], repliesRead: number | undefined): void {
    this.sent.push(...tasks.map(({ id }) => id));
    this.#unsent.push([
      "run",
      repliesRead ?? HEAD,
      tasks.map(({ id, attempt }) => {
        const trace = this.#pool.measures ? "" : undefined;
        return [id, 1, attempt, 0, [id, attempt], trace];
      }),
    ]);
  }

  flush(): void {
    for (const message of this.#unsent.splice(0)) this.#receive(message);
  }

  abort(task: SimulatedTask): void {
    this.#receive(["abort", task.id, 0, null]);
  }

  stop(): void {
    this.#deliver(() => this.die(this.#clock));
  }

  terminate(): void {
    this.die(this.#pool.now + this.#pool.delay(2));
  }

  setReferenced(referenced: boolean): void {
    this.referenced = referenced;
  }

  /** Kills it. What it did after `time` has not happened. */
  die(time: number): void {
    this.#pool.at(time, () => {
      if (this.diedAt < Infinity) return;
      this.diedAt = this.#pool.now;
      this.#outbox = this.#outbox.filter(({ at }) => at <= this.diedAt);
      this.starts = this.starts.filter(({ at }) => at <= this.diedAt);
      this.#pool.at(this.diedAt + this.#pool.delay(this.#pool.latencies.toParent), () => this.#exit());
    });
  }

  /** How many messages it had written by `time`. */
  writesUntil(time: number): number {
    return this.reads + this.#outbox.filter(({ at }) => at <= time).length;
  }

  #module(): LoadedModule {
    return {
      work: (id: number, attempt: number): unknown => {
        const { plan } = this.#pool.tasks[id - 1]!;
        this.starts.push({ taskId: id, attempt, child: this, at: this.#clock });
        if (plan.kind === "synchronous") {
          this.#clock += plan.durationMs;
          if (plan.throws) throw new Error("thrown");
          return id;
        }
        const { promise, resolve, reject } = Promise.withResolvers<number>();
        const end = plan.throws ? () => reject(new Error("thrown")) : () => resolve(id);
        this.#happen(this.#clock + plan.durationMs, end);
        if (plan.kind === "abortable") {
          const task = this.#running!;
          task.controller ??= new AbortController();
          task.controller.signal.addEventListener("abort", () => reject(task.controller!.signal.reason));
        }
        return promise;
      },
    };
  }

  #receive(message: ParentMessage): void {
    this.#deliver(() => {
      if (this.#loop.isIdle) this.#standby.heard(this.#pool.delay(1));
      this.#loop.receive(message, []);
    });
  }

  #deliver(action: () => void): void {
    const pool = this.#pool;
    this.#lastArrival = Math.max(this.#lastArrival, pool.now + pool.delay(pool.latencies.toChild));
    this.#happen(this.#lastArrival, action);
  }

  /** Has the child do something when the time has come and it has nothing else to do. */
  #happen(time: number, action: () => void): void {
    this.#pool.at(time, () => {
      this.#inbox.push(action);
      this.#work();
    });
  }

  #work(): void {
    if (this.#working || this.#inbox.length === 0) return;
    this.#working = true;
    this.#pool.at(this.#clock, async () => {
      this.#working = false;
      if (this.diedAt < Infinity) return;
      this.#clock = Math.max(this.#clock, this.#pool.now);
      this.#inbox.shift()!();
      // What a promise's end brings about happens now, too.
      for (let tick = 0; tick < 6; tick++) await undefined;
      this.#work();
    });
  }

  #write(text: string): void {
    const { stall } = this.#pool.latencies;
    this.#clock += this.#pool.delay(stall) / 2 + 0.001;
    if (this.#standby.enter()) this.#outbox.push({ text: STANDBY, at: this.#clock });
    this.#outbox.push({ text, at: this.#clock });
    this.#clock += this.#pool.delay(stall) / 2 + 0.001;
    this.#scheduleRead();
  }

  #scheduleRead(): void {
    const first = this.#outbox[0];
    if (this.#readScheduled || first === undefined) return;
    this.#readScheduled = true;
    this.#pool.at(first.at + this.#pool.delay(this.#pool.latencies.toParent), () => {
      this.#readScheduled = false;
      this.#read();
      this.#scheduleRead();
    });
  }

  #read(): void {
    const pool = this.#pool;
    const later = this.#outbox.findIndex(({ at }) => at > pool.now);
    const messages = this.#outbox.splice(0, later < 0 ? Infinity : later);
    if (messages.length === 0) return;
    this.reads += messages.length;
    for (const { text } of messages) this.#handle(JSON.parse(text) as ChildMessage);
    pool.scheduler.readEnd(this.slot, pool.now);
    pool.arm();
    pool.checkFences();
  }

  #handle(message: ChildMessage): void {
    const { scheduler, now } = this.#pool;
    switch (message[0]) {
      case "ready":
        return scheduler.ready(this.slot, now);
      case "started":
        return this.#began(message[1]);
      case "standby":
        return this.#watchStandby();
      case "returned":
        return scheduler.returned(this.slot, message[1], now);
      case "result":
      case "error": {
        const task = scheduler.answered(this.slot, message[1]);
        if (task !== undefined) this.#pool.settle(task, message[0]);
        return;
      }
      default:
        throw new Error(`the child sent ${message[0]}`);
    }
  }

  #began(taskId: number): void {
    const task = this.slot.held.get(taskId);
    if (task === undefined) throw new Error(`the child began task ${taskId}, which it does not hold`);
    this.#pool.scheduler.started(this.slot);
    if (this.#pool.measures && task.state === "sent") task.life += "b";
  }

  /** The parent wakes it some time later. */
  #watchStandby(): void {
    const { scheduler } = this.#pool;
    scheduler.standby(this.slot, true);
    this.#pool.at(this.#pool.now + this.#pool.delay(5), () => {
      if (this.exited) return;
      this.#deliver(() => this.#standby.leave());
      scheduler.standby(this.slot, false);
    });
  }

  #exit(): void {
    this.#read();
    this.exited = true;
    this.#pool.scheduler.exited(
      this.slot,
      (taskStarted) => Object.assign(new Error(`exited, the task ${taskStarted}`), { signal: "SIGKILL" }),
      this.#pool.now,
    );
    this.#pool.arm();
    this.#pool.checkFences();
  }
}
