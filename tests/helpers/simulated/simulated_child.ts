import type { LoadedModule } from "../../../src/child/tasks/functions.ts";
import type { RunningTask } from "../../../src/child/runtime.ts";
import { Standby } from "../../../src/child/standby.ts";
import { TaskLoop } from "../../../src/child/tasks/task_loop.ts";
import type { SchedulerWorker } from "../../../src/pool/scheduling/effects.ts";
import type { Scheduler } from "../../../src/pool/scheduling/scheduler.ts";
import type { Slot } from "../../../src/pool/scheduling/slot.ts";
import { HEAD } from "../../../src/wire/messages/lease.ts";
import type { ParentMessage } from "../../../src/wire/messages/to_child.ts";
import { type ChildMessage, READY, STANDBY } from "../../../src/wire/messages/to_parent.ts";
import type { Random } from "./event_queue.ts";
import type { SimulatedTask } from "./simulated_task.ts";

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

/** What a child needs of the simulation that it is in. */
export interface ChildSurroundings {
  readonly scheduler: Scheduler<SimulatedTask>;
  readonly tasks: readonly SimulatedTask[];
  readonly random: Random;
  readonly latencies: Latencies;
  readonly concurrency: number;
  readonly measures: boolean;
  readonly now: number;
  at(time: number, action: () => void | Promise<void>): void;
  delay(atMost: number): number;
  settle(task: SimulatedTask, outcome: SimulatedTask["outcomes"][number]): void;
  arm(): void;
  checkFences(): void;
}

/** A task's code began to run. */
export interface Start {
  readonly taskId: number;
  readonly attempt: number;
  readonly child: SimulatedChild;
  readonly at: number;
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
  readonly #pool: ChildSurroundings;
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

  constructor(pool: ChildSurroundings, slot: Slot<SimulatedTask>) {
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
    const task = this.slot.held.byId(taskId);
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
