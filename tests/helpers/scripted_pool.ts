import { assertEquals } from "@std/assert";
import { WorkerExitError } from "../../src/errors.ts";
import { Scheduler } from "../../src/pool/scheduler.ts";
import type { SchedulerHost, SchedulerOptions } from "../../src/pool/scheduler_host.ts";
import type { ScheduledTask, SchedulerWorker, Slot } from "../../src/pool/slot.ts";
import { HEAD } from "../../src/wire/messages/lease.ts";

/** A task that only a scheduler sees. */
export interface ScriptedTask extends ScheduledTask {
  readonly name: string;
}

/** What a task of a script may have. */
export type TaskTraits = Partial<Pick<ScheduledTask, "priority" | "key" | "byteLength" | "timeoutMs" | "retriesLeft">>;

type Factory = (taskStarted: boolean, attempt: number) => Error;

/**
 * A scheduler whose host and workers are a script: every step says which calls it must cause, in their order. Any
 * other call fails the step.
 *
 * Calls are written as "spawn 0", "run 0: a", "run 0: b c after 2 replies", "abort 0: a", "stop 0", "terminate 0", "ref 0", "unref 0" (changes
 * only), "reject a: WorkerExitError started", "retry a: attempt 2", "fence", "start failed: reason" and "finished".
 */
export class ScriptedPool {
  readonly scheduler: Scheduler<ScriptedTask>;
  /** Names of the tasks whose answers had a caller. */
  readonly answers: string[] = [];
  readonly waitedMs: number[] = [];
  readonly ran: [msPerTask: number, tasks: number][] = [];
  /** What the next spawns throw. */
  readonly spawnErrors: Error[] = [];
  /** Hears of the host's calls while they are made. */
  onCall: (call: string) => void = () => {};
  now = 1000;
  readonly #tasks = new Map<string, ScriptedTask>();
  readonly #fences: ((held: boolean, now: number) => void)[] = [];
  #calls: string[] = [];

  constructor(options: Partial<SchedulerOptions> = {}) {
    this.scheduler = new Scheduler<ScriptedTask>(this.#host(), {
      workers: 2,
      concurrency: 1,
      maxTasksPerChild: Infinity,
      idleTimeoutMs: Infinity,
      abortGraceMs: 500,
      breakOnExit: false,
      ...options,
    });
  }

  /** Does something, and checks what it causes. */
  step(action: () => unknown, ...calls: string[]): void {
    this.#calls = [];
    action();
    assertEquals(this.#calls, calls);
  }

  /** A task that was submitted. */
  task(name: string): ScriptedTask {
    return this.#tasks.get(name)!;
  }

  slot(index: number): Slot<ScriptedTask> {
    return this.scheduler.slots[index]!;
  }

  /** Submits tasks in one turn; of one name for each letter. */
  submit(names: string, traits: TaskTraits = {}): void {
    for (const name of names) this.scheduler.submit(this.#add(name, traits));
    this.scheduler.dispatch(this.now);
  }

  /** Submits tasks without the end of the turn. */
  enqueue(names: string, traits: TaskTraits = {}): void {
    for (const name of names) this.scheduler.submit(this.#add(name, traits));
  }

  /** The worker says that it is ready. */
  ready(index: number): void {
    this.scheduler.ready(this.slot(index), this.now);
    this.scheduler.readEnd(this.slot(index), this.now);
  }

  /** One read: "started", "standby", "=a" for a's answer, "<ab" for the return of a and b. */
  read(index: number, ...messages: string[]): void {
    const slot = this.slot(index);
    for (const message of messages) {
      if (message === "started") this.scheduler.started(slot);
      else if (message === "standby") this.scheduler.standby(slot, true);
      else if (message.startsWith("<")) this.scheduler.returned(slot, this.#idsOf(message.slice(1)));
      else this.#answer(slot, this.#idsOf(message.slice(1)));
    }
    this.scheduler.readEnd(slot, this.now);
  }

  /** The worker was told to leave standby. */
  wake(index: number): void {
    this.scheduler.standby(this.slot(index), false);
  }

  cancel(name: string): void {
    this.scheduler.cancel(this.task(name), new Error("cancelled"), this.now);
  }

  /** The worker has ended. */
  exit(index: number, error: Factory = exitError): void {
    this.scheduler.exited(this.slot(index), error, this.now);
  }

  /** The oldest fence is through. */
  passFence(held = true): void {
    this.#fences.shift()!(held, this.now);
  }

  /** Lets time pass; the timer goes off when it must, not before. */
  advance(ms: number): void {
    this.now += ms;
    if (this.scheduler.nextDeadline() <= this.now) this.scheduler.tick(this.now);
  }

  /** How long until the timer goes off. */
  get untilDeadline(): number {
    return this.scheduler.nextDeadline() - this.now;
  }

  /** Makes slots ready, in order. */
  static withReady(options: Partial<SchedulerOptions> = {}): ScriptedPool {
    const pool = new ScriptedPool(options);
    pool.scheduler.startAll(pool.now);
    for (const { index } of pool.scheduler.slots) pool.ready(index);
    return pool;
  }

  #idsOf(names: string): number[] {
    return [...names].map((name) => this.task(name).id);
  }

  #answer(slot: Slot<ScriptedTask>, ids: readonly number[]): void {
    for (const id of ids) {
      const task = this.scheduler.answered(slot, id, true);
      if (task !== undefined) this.answers.push(task.name);
    }
  }

  #add(name: string, traits: TaskTraits): ScriptedTask {
    const task: ScriptedTask = {
      id: this.#tasks.size + 1,
      name,
      priority: 0,
      key: undefined,
      byteLength: 10,
      timeoutMs: undefined,
      attempt: 1,
      retriesLeft: 0,
      bounces: 0,
      since: this.now,
      settled: false,
      slot: undefined,
      ...traits,
    };
    this.#tasks.set(name, task);
    return task;
  }

  #note(call: string): void {
    this.#calls.push(call);
    this.onCall(call);
  }

  #host(): SchedulerHost<ScriptedTask> {
    return {
      spawn: (slotIndex) => {
        this.#note(`spawn ${slotIndex}`);
        const error = this.spawnErrors.shift();
        if (error !== undefined) throw error;
        return this.#worker(slotIndex);
      },
      reject: (task, error) => this.#note(`reject ${task.name}: ${describe(error)}`),
      finished: () => this.#note("finished"),
      waited: (_task, _slotIndex, ms) => this.waitedMs.push(ms),
      ran: (msPerTask, tasks) => this.ran.push([msPerTask, tasks]),
      settled: () => {},
      fence: (done) => {
        this.#note("fence");
        this.#fences.push(done);
      },
      becameReady: () => {},
      startFailed: (error) => this.#note(`start failed: ${error.message}`),
      retried: (task) => this.#note(`retry ${task.name}: attempt ${task.attempt}`),
    };
  }

  #worker(index: number): SchedulerWorker<ScriptedTask> {
    let referenced: boolean | undefined;
    return {
      run: (tasks, repliesRead) => {
        const after = repliesRead === HEAD ? "" : ` after ${repliesRead} replies`;
        this.#calls.push(`run ${index}: ${tasks.map(({ name }) => name).join(" ")}${after}`);
      },
      abort: (task) => this.#calls.push(`abort ${index}: ${task.name}`),
      stop: () => this.#calls.push(`stop ${index}`),
      terminate: () => this.#calls.push(`terminate ${index}`),
      setReferenced: (wanted) => {
        if (referenced !== wanted) this.#calls.push(`${wanted ? "ref" : "unref"} ${index}`);
        referenced = wanted;
      },
    };
  }
}

/** A death that is nobody's plan. */
export function exitError(taskStarted: boolean): Error {
  return new WorkerExitError("it died", { taskStarted, exitCode: 1 });
}

function describe(error: unknown): string {
  const { name } = error as Error;
  if (!(error instanceof WorkerExitError)) return name;
  return `${name} ${error.taskStarted ? "started" : "not started"}`;
}
