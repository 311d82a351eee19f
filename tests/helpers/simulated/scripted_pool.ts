import { assertEquals } from "@std/assert";
import { WorkerExitError, WorkerStartError } from "../../../src/errors.ts";
import type {
  SchedulerEffects,
  SchedulerListener,
  SchedulerOptions,
  SchedulerWorker,
} from "../../../src/pool/scheduling/effects.ts";
import type { ScheduledTask } from "../../../src/pool/scheduling/scheduled_task.ts";
import { Scheduler } from "../../../src/pool/scheduling/scheduler.ts";
import type { Slot } from "../../../src/pool/scheduling/slot.ts";
import { LEASE_FRESH_MS, LEASE_SILENCE_MS } from "../../../src/wire/messages/lease.ts";
import { plainTask } from "./plain_task.ts";

/** A task that only a scheduler sees. */
export interface ScriptedTask extends ScheduledTask {
  readonly name: string;
  readonly submittedAt: number;
}

/** What a task of a script may have. */
export type TaskTraits = Partial<Pick<ScheduledTask, "priority" | "key" | "byteLength" | "timeoutMs" | "retriesLeft">>;

type Factory = (taskStarted: boolean, attempt: number) => Error;

/**
 * A scheduler whose effects and workers are a script: every step says which calls it must cause, in their order. Any
 * other call fails the step.
 *
 * Calls are written as "spawn 0", "run 0: a", "run 0: b c after 2 replies", "abort 0: a", "stop 0", "terminate 0", "ref 0", "unref 0" (changes
 * only), "reject a: WorkerExitError started", "retry a: attempt 2", "fence", "start failed: reason" and "finished".
 */
export class ScriptedPool {
  readonly scheduler: Scheduler<ScriptedTask>;
  /** Names of the tasks whose answers had a caller. */
  readonly answers: string[] = [];
  /** How long after its submission each task was sent, in the order of the sendings. */
  readonly waitedMs: number[] = [];
  readonly ran: [msPerTask: number, tasks: number][] = [];
  /** What the next spawns throw. */
  readonly spawnErrors: Error[] = [];
  /** Hears of the effects while they are made. */
  onCall: (call: string) => void = () => {};
  now = 1000;
  readonly #tasks = new Map<string, ScriptedTask>();
  readonly #fences: ((held: boolean, now: number) => void)[] = [];
  #calls: string[] = [];
  /** Its caller has cancelled it, and knows. */
  #cancelling: ScriptedTask | undefined;

  constructor(options: Partial<SchedulerOptions> = {}) {
    this.scheduler = new Scheduler<ScriptedTask>(this.#effects(), this.#listener(), {
      workers: 2,
      concurrency: 1,
      maxTasksPerChild: Infinity,
      idleTimeoutMs: Infinity,
      abortGraceMs: 500,
      breakOnExit: false,
      lease: { freshMs: LEASE_FRESH_MS, silenceMs: LEASE_SILENCE_MS },
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
      else if (message.startsWith("<")) this.scheduler.returned(slot, this.#idsOf(message.slice(1)), this.now);
      else this.#answer(slot, this.#idsOf(message.slice(1)));
    }
    this.scheduler.readEnd(slot, this.now);
  }

  /** The worker was told to leave standby. */
  wake(index: number): void {
    this.scheduler.standby(this.slot(index), false);
  }

  cancel(name: string): void {
    this.#cancelling = this.task(name);
    this.scheduler.cancel(this.#cancelling, new Error("cancelled"), this.now);
    this.#cancelling = undefined;
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
      const task = this.scheduler.answered(slot, id);
      if (task !== undefined) this.answers.push(task.name);
    }
  }

  #add(name: string, traits: TaskTraits): ScriptedTask {
    const task: ScriptedTask = { ...plainTask(this.#tasks.size + 1), name, submittedAt: this.now, ...traits };
    this.#tasks.set(name, task);
    return task;
  }

  #note(call: string): void {
    this.#calls.push(call);
    this.onCall(call);
  }

  #effects(): SchedulerEffects<ScriptedTask> {
    return {
      spawn: (slotIndex) => {
        this.#note(`spawn ${slotIndex}`);
        const error = this.spawnErrors.shift();
        if (error !== undefined) throw error;
        return this.#worker(slotIndex);
      },
      reject: (task, error) => {
        if (task !== this.#cancelling) this.#note(`reject ${task.name}: ${describe(error)}`);
      },
      finished: () => this.#note("finished"),
      fence: (done) => {
        this.#note("fence");
        this.#fences.push(done);
      },
    };
  }

  #listener(): SchedulerListener<ScriptedTask> {
    return {
      sent: (task, _slotIndex, now) => this.waitedMs.push(now - task.submittedAt),
      returned: () => {},
      retried: (task) => this.#note(`retry ${task.name}: attempt ${task.attempt}`),
      ran: (msPerTask, tasks) => this.ran.push([msPerTask, tasks]),
      becameReady: () => {},
      becameBusy: () => {},
      becameIdle: () => {},
      startFailed: (error) => this.#note(`start failed: ${error.message}`),
    };
  }

  #worker(index: number): SchedulerWorker<ScriptedTask> {
    let referenced: boolean | undefined;
    return {
      run: (tasks, repliesRead) => {
        const after = repliesRead === undefined ? "" : ` after ${repliesRead} replies`;
        this.#calls.push(`run ${index}: ${tasks.map(({ name }) => name).join(" ")}${after}`);
      },
      flush: () => {},
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

/** One worker that has just answered, with `held` in its hands: the first as head, the rest sent ahead. */
export function withHeld(held: string, options: ConstructorParameters<typeof ScriptedPool>[0] = {}): ScriptedPool {
  const pool = ScriptedPool.withReady({ workers: 1, ...options });
  const warmUp = ["V", "W", "X", "Y", "Z"].slice(0, Math.ceil(Math.log2(held.length + 1)));
  // Each answer that leaves the worker without work doubles what may be sent ahead.
  for (const name of warmUp) {
    pool.submit(name);
    pool.read(0, "started", `=${name}`);
  }
  pool.submit(held);
  if (held !== "") pool.read(0, "started");
  assertEquals([...pool.slot(0).held.all()].map(({ name }) => name).join(""), held);
  return pool;
}

/** The end of a start by a signal. */
export const died = (signal: string) => (): Error => Object.assign(new WorkerStartError("killed"), { signal });
