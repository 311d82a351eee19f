/** What is below every method of a pool: tasks in, promises out, the timer, and the pool's end. */
import { BrokenPoolError, CancelledError, PoolClosedError } from "../errors.ts";
import { hub } from "../hub/hub.ts";
import { inMicrotask, monotonicMs, untilSettled } from "../timer.ts";
import { WorkerLauncher } from "../worker/launch.ts";
import { programReaper } from "../worker/reaper.ts";
import { CallSink } from "./call_sink.ts";
import { CallerStacks } from "./caller_stacks.ts";
import { DeadlineTimer } from "./deadline_timer.ts";
import { OpenJobs } from "./open_jobs.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import type { PoolWorker } from "./pool_worker.ts";
import { PoolWorkers } from "./pool_workers.ts";
import { Scheduler } from "./scheduler.ts";
import type { SchedulerHost } from "./scheduler_host.ts";
import { DurationHistogram } from "./stats.ts";
import type { Task } from "./task.ts";
import { TaskFactory } from "./task_factory.ts";
import { UnobservedErrors } from "./unobserved_errors.ts";
import type { PoolEvent, PoolOptions, PoolStats, TaskOptions, WorkerInfo } from "./types.ts";

// A pipe that is read takes a megabyte in a millisecond or two.
const SENDING_LIMIT_MS = 5;

const NO_OPTIONS: TaskOptions = {};

/** The machinery of one pool. */
export class PoolEngine {
  readonly options: ResolvedPoolOptions;
  readonly taskFactory: TaskFactory;
  readonly jobs: OpenJobs = new OpenJobs(() => this.#closeWhenIdle());
  readonly callerStacks: CallerStacks = new CallerStacks();
  readonly unobserved: UnobservedErrors = new UnobservedErrors();
  readonly #launcher: WorkerLauncher;
  readonly #workers: PoolWorkers;
  readonly #scheduler: Scheduler<Task>;
  readonly #emit: ((event: PoolEvent) => void) | undefined;
  readonly #waitingTime = new DurationHistogram();
  readonly #runningTime = new DurationHistogram();
  readonly #counts = {
    submitted: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    retried: 0,
  };
  readonly #finished = Promise.withResolvers<void>();
  #readyWaiters: PromiseWithResolvers<void>[] = [];
  readonly #timer = new DeadlineTimer(() => this.#tick());
  #closed = false;
  #terminated = false;
  #turnTime = 0;
  #turnScheduled = false;

  constructor(options: ResolvedPoolOptions) {
    this.options = options;
    this.taskFactory = new TaskFactory(options);
    this.#launcher = new WorkerLauncher(options, { hub, reaper: programReaper });
    this.#workers = new PoolWorkers(options, this.taskFactory, this.#launcher);
    this.#emit = safeListener(options.onEvent);
    this.#scheduler = new Scheduler<Task>(this.#host(), options);
  }

  /** Whether new work is refused, and with what. */
  get refusal(): Error | undefined {
    const { broken } = this.#scheduler;
    if (broken !== undefined) {
      return new BrokenPoolError(`Cannot submit: ${this.options.name} is broken, ${broken.message}`, { cause: broken });
    }
    if (!this.#closed) return undefined;
    return new PoolClosedError(
      `Cannot submit: ${this.options.name} was ${this.#terminated ? "terminated" : "closed"} before`,
    );
  }

  /** Submits one call. Rejects at once when its arguments cannot travel. */
  call(fn: unknown, args: readonly unknown[], options: TaskOptions = NO_OPTIONS): Promise<unknown> {
    const functionRef = this.taskFactory.refer(fn);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.submit(
      this.taskFactory.call(functionRef, args, new CallSink(resolve, this.callerStacks), options),
      options.signal,
    );
    return promise;
  }

  /** Hands a task to the scheduler. */
  submit(task: Task, signal?: AbortSignal): void {
    this.#counts.submitted++;
    if (signal !== undefined && !this.#listen(task, signal)) return;
    if (!this.#turnScheduled) {
      this.#turnScheduled = true;
      this.#turnTime = monotonicMs();
      inMicrotask(() => this.#turn());
    }
    task.since = this.#turnTime;
    this.#scheduler.submit(task);
  }

  /** Waits until what was submitted has left for the workers, as far as they take it; not for long, because a busy one does not. */
  async sent(): Promise<void> {
    // What was submitted in this turn is handed out at its end.
    await undefined;
    const writing = this.#workers.writing();
    if (writing.length === 0) return;
    await untilSettled(Promise.all(writing), { timeoutMs: SENDING_LIMIT_MS });
  }

  /** Tells a task's caller that it was cancelled, and its worker to stop. */
  cancel(task: Task, reason: unknown): void {
    if (task.settled) return;
    this.#counts.cancelled++;
    this.#scheduler.cancel(task, reason, monotonicMs());
    task.sink.reject(reason, false);
    this.#arm();
  }

  /** Whether a worker may have begun the task: it has nothing unanswered before it. What only lies in a pipe has not begun. */
  isRunning(task: Task): boolean {
    const { slot } = task;
    return slot !== undefined && !task.settled && (this.options.concurrency > 1 || slot.head === task);
  }

  /** Starts all workers and waits until they are ready. */
  async ready(): Promise<void> {
    const refusal = this.refusal;
    if (refusal !== undefined) throw refusal;
    const waiter = Promise.withResolvers<void>();
    this.#readyWaiters.push(waiter);
    this.#scheduler.startAll(monotonicMs());
    this.#settleReady();
    this.#arm();
    await waiter.promise;
  }

  /** Takes no more work. */
  close(): void {
    this.#closed = true;
    this.#closeWhenIdle();
  }

  /** Ends everything now, with SIGTERM first or not; resolves when no process is left. */
  async terminate(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    this.#closed = this.#terminated = true;
    const error = (): Error => new CancelledError(`The task was cancelled: ${this.options.name} was terminated`);
    // Before their tasks are: a job tells its end once, not once for each task.
    this.jobs.abandon(error);
    if (signal === "SIGKILL") this.#workers.kill();
    this.#scheduler.terminate(error);
    await this.#finished.promise;
  }

  /** Waits for the end of all accepted work and of all workers. */
  async join(openJobs: "cut" | "drain"): Promise<void> {
    if (!this.#closed) {
      throw new Error(`Cannot join ${this.options.name}: it is running, close() or terminate() it first`);
    }
    this.jobs.end(openJobs);
    await this.#finished.promise;
    await this.unobserved.raise();
  }

  /** Counts and durations so far. */
  stats(): PoolStats {
    const { waiting, unsettled } = this.#scheduler;
    return {
      ...this.#counts,
      workersStarted: this.#workers.started,
      workersLost: this.#workers.lost,
      waiting,
      running: Math.max(0, unsettled - waiting),
      waitingTime: this.#waitingTime.summary(),
      runningTime: this.#runningTime.summary(),
    };
  }

  /** The workers that live now. */
  workers(): WorkerInfo[] {
    return this.#workers.list(this.#scheduler.slots);
  }

  #turn(): void {
    this.#turnScheduled = false;
    this.#scheduler.dispatch(monotonicMs());
    this.#arm();
  }

  #listen(task: Task, signal: AbortSignal): boolean {
    if (signal.aborted) {
      task.settled = true;
      this.#counts.cancelled++;
      task.sink.reject(signal.reason, false);
      return false;
    }
    const onAbort = (): void => this.cancel(task, signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const { sink } = task;
    task.sink = {
      resolve: (value) => {
        signal.removeEventListener("abort", onAbort);
        sink.resolve(value);
      },
      reject: (error, remote) => {
        signal.removeEventListener("abort", onAbort);
        sink.reject(error, remote);
      },
    };
    return true;
  }

  #host(): SchedulerHost<Task> {
    return {
      spawn: (slotIndex) => this.#spawn(slotIndex),
      reject: (task, error) => {
        if (error instanceof CancelledError) this.#counts.cancelled++;
        else this.#counts.failed++;
        // The end of the pool may befall very many tasks at once, and says nothing about any of them.
        if (!(error instanceof CancelledError || error instanceof BrokenPoolError)) this.callerStacks.add(error);
        task.sink.reject(error, false);
      },
      finished: () => void this.#finish(),
      waited: (_task, _slotIndex, ms) => this.#waitingTime.record(ms),
      ran: (msPerTask, tasks) => this.#runningTime.record(msPerTask, tasks),
      settled: (ok) => {
        if (ok) this.#counts.completed++;
        else this.#counts.failed++;
      },
      fence: (done) => void this.#fence(done),
      retried: (task, error) => {
        this.#counts.retried++;
        this.#emit?.({ type: "retry", taskId: task.id, attempt: task.attempt, error });
      },
      becameReady: () => {
        this.#settleReady();
        if (this.#scheduler.slots.every((slot) => slot.phase !== "starting")) this.#launcher.startReaper();
      },
      startFailed: (error) => {
        for (const waiter of this.#readyWaiters.splice(0)) waiter.reject(error);
      },
    };
  }

  #spawn(slotIndex: number): PoolWorker {
    return this.#workers.spawn(this.#scheduler.slots[slotIndex]!, {
      scheduler: this.#scheduler,
      emit: this.#emit,
      onTaskError: (error) => this.callerStacks.add(error),
      onTurn: () => this.#arm(),
    });
  }

  async #fence(done: (held: boolean, now: number) => void): Promise<void> {
    done(await this.#launcher.fence(), monotonicMs());
    this.#arm();
  }

  #settleReady(): void {
    if (this.#readyWaiters.length === 0) return;
    if (!this.#scheduler.slots.every((slot) => slot.phase === "ready")) return;
    for (const waiter of this.#readyWaiters.splice(0)) waiter.resolve();
  }

  #closeWhenIdle(): void {
    if (this.#closed && this.jobs.isEmpty) this.#scheduler.close();
  }

  async #finish(): Promise<void> {
    this.#timer.end();
    this.jobs.abandon(() => this.refusal ?? new CancelledError("The pool has ended"));
    for (const waiter of this.#readyWaiters.splice(0)) waiter.reject(this.refusal);
    await this.#launcher.release();
    this.#finished.resolve();
  }

  /** Sees to it that the scheduler's next deadline is met. A task that waits for a worker to be started later keeps the program alive; an idle pool does not. */
  #arm(): void {
    this.#timer.arm(this.#scheduler.nextDeadline(), this.#scheduler.unsettled > 0);
  }

  #tick(): void {
    this.#scheduler.tick(monotonicMs());
    this.#arm();
  }
}

/** The listener's fault must not become a task's. */
function safeListener(onEvent: PoolOptions["onEvent"]): ((event: PoolEvent) => void) | undefined {
  if (onEvent === undefined) return undefined;
  return (event) => {
    try {
      onEvent(event);
    } catch (error) {
      inMicrotask(() => reportError(error));
    }
  };
}
