/** What is below every method of a pool: calls in, promises out, and the pool's end. What runs the tasks is its backend's business. */
import { BrokenPoolError, CancelledError, PoolClosedError } from "../errors.ts";
import { inMicrotask, monotonicMs } from "../timer.ts";
import type { FunctionSpec } from "../wire/protocol.ts";
import type { ChunkMode, TaskBackend, TaskRequest } from "./backend.ts";
import { CallerStacks } from "./caller_stacks.ts";
import { EventObserver } from "./observing/event_observer.ts";
import type { JobHost } from "./jobs/job_host.ts";
import { OpenJobs } from "./jobs/open_jobs.ts";
import { localBackend } from "./make_local_backend.ts";
import { Observers } from "./observing/observers.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import { QueueLimit } from "./queue_limit.ts";
import { type ChunkEncoding, RequestFactory, type RequestOptions, requireAbilities } from "./requests.ts";
import { PoolCounts } from "./observing/stats.ts";
import { SubmittedTask, type TaskCaller, type TaskSurroundings } from "./submitted_task.ts";
import { TracingObserver } from "./observing/tracing_observer.ts";
import type { PoolStats, TaskOptions } from "./types.ts";
import { UnobservedErrors } from "./unobserved_errors.ts";

const NO_OPTIONS: TaskOptions = {};

/** The machinery of one pool, or one executor. */
export class PoolEngine implements JobHost, TaskSurroundings {
  readonly options: ResolvedPoolOptions;
  readonly backend: TaskBackend;
  readonly #counts = new PoolCounts();
  readonly observers: Observers = new Observers(this.#counts);
  readonly callerStacks: CallerStacks = new CallerStacks();
  readonly unobserved: UnobservedErrors = new UnobservedErrors();
  readonly jobs: OpenJobs = new OpenJobs(this.observers, () => this.#closeWhenIdle());
  readonly queue: QueueLimit;
  readonly #requests: RequestFactory;
  readonly #ended: Promise<void>;
  #state: "open" | "closed" | "terminated" = "open";
  #hasEnded = false;
  /** The time of this turn, when something was submitted in it. */
  #turnTime: number | undefined;
  readonly #endTurn = (): void => {
    this.#turnTime = undefined;
  };

  constructor(options: ResolvedPoolOptions) {
    this.options = options;
    this.queue = new QueueLimit(this.#counts, options.maxQueue);
    this.#requests = new RequestFactory(options);
    const tracing = TracingObserver.find();
    if (tracing !== undefined) this.observers.add(tracing);
    if (options.onEvent !== undefined) this.observers.add(new EventObserver(options.onEvent));
    this.backend = connect(options, this.#requests, this.observers);
    this.#ended = this.backend.ended.then(() => {
      this.#hasEnded = true;
      this.jobs.abandon(() => this.refusal ?? new CancelledError("The pool has ended"));
    });
  }

  /** Whether new work is refused, and with what. */
  get refusal(): Error | undefined {
    const { name } = this.options;
    const { broken } = this.backend;
    if (broken !== undefined) {
      return new BrokenPoolError(`Cannot submit: ${name} is broken, ${broken.message}`, { cause: broken });
    }
    if (this.#state === "open") return undefined;
    return new PoolClosedError(`Cannot submit: ${name} was ${this.#state} before`);
  }

  /** Whether all is done, and no worker is left. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The description of a function. Throws when it can never run. */
  refer(fn: unknown): FunctionSpec {
    return this.#requests.refer(fn);
  }

  /** Submits one call. Throws at once when its arguments cannot travel. */
  call(fn: unknown, args: readonly unknown[], options: TaskOptions = NO_OPTIONS): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.submit(this.refer(fn), args, undefined, resolve, options);
    return promise;
  }

  /**
   * Submits one call, or a chunk of them, for a caller, or for the promise that a function resolves. Throws when its arguments, or items,
   * cannot travel.
   */
  submit(
    spec: FunctionSpec,
    args: readonly unknown[] | ChunkEncoding,
    chunk: ChunkMode | undefined,
    caller: TaskCaller | ((value: unknown) => void),
    options: RequestOptions,
  ): SubmittedTask {
    if (chunk === undefined) this.queue.requireRoom();
    const untraced: TaskRequest = this.#requests.make(spec, args, chunk, options);
    requireAbilities(this.backend.abilities, this.options.backendName, untraced);
    // Asked for when nothing can go wrong any more: every trace that begins here also ends.
    const trace = this.observers.contextOf(
      spec.name,
      chunk?.size,
      typeof caller === "function" ? undefined : caller.job,
    );
    const request = trace === undefined ? untraced : { ...untraced, trace };
    const task = new SubmittedTask(request, caller, this, options, this.#now());
    task.begin(this.backend.submit(request, task));
    return task;
  }

  /** Begins to encode the items of a chunk, to be submitted then. */
  encodeChunk(items: readonly unknown[]): ChunkEncoding {
    return this.#requests.encodeChunk(items);
  }

  /** Tells a task's caller that it was cancelled, and its worker to stop. */
  cancel(task: SubmittedTask, reason: unknown): void {
    this.backend.cancel(task.handle, reason);
  }

  /** Whether a worker may have begun the task, and it has not settled. What only lies in a pipe has not begun. */
  hasBegun(task: SubmittedTask): boolean {
    return this.backend.hasBegun(task.handle);
  }

  /** Gets all workers ready, and waits until they are. */
  async ready(): Promise<void> {
    const { refusal } = this;
    if (refusal !== undefined) throw refusal;
    await this.backend.ready();
  }

  /** Takes no more work. */
  close(): void {
    if (this.#state === "open") this.#state = "closed";
    this.#closeWhenIdle();
  }

  /** Ends everything now; resolves when nothing is left. "kill" gives the workers no time. */
  async terminate(how: "terminate" | "kill" = "terminate"): Promise<void> {
    this.#state = "terminated";
    const error = (): Error => new CancelledError(`The task was cancelled: ${this.options.name} was terminated`);
    // Before their tasks are: a job tells its end once, not once for each task.
    this.jobs.abandon(error);
    this.backend.terminate(error, how);
    await this.#ended;
  }

  /** Waits for the end of all accepted work and of all workers. */
  async join(openJobs: "cut" | "drain"): Promise<void> {
    if (this.#state === "open") {
      throw new Error(`Cannot join ${this.options.name}: it is running, close() or terminate() it first`);
    }
    this.jobs.end({ how: openJobs });
    await this.#ended;
    await this.unobserved.raise();
  }

  /** Counts and durations so far. */
  stats(): PoolStats {
    return this.#counts.summary();
  }

  #closeWhenIdle(): void {
    if (this.#state !== "open" && this.jobs.isEmpty) this.backend.close();
  }

  /** The clock is read once for all that one turn submits. */
  #now(): number {
    if (this.#turnTime === undefined) {
      this.#turnTime = monotonicMs();
      inMicrotask(this.#endTurn);
    }
    return this.#turnTime;
  }
}

function connect(options: ResolvedPoolOptions, requests: RequestFactory, observers: Observers): TaskBackend {
  const { backend, name, moduleUrl, maxFrameBytes, backendOptions } = options;
  if (backend !== undefined) {
    return backend.connect({ name, moduleUrl, maxFrameBytes, workers: observers, options: backendOptions });
  }
  return localBackend(options, requests, observers);
}
