import { PoolClosedError } from "../../errors.ts";
import type { Hub } from "../../hub/hub.ts";
import { delay, inMicrotask, monotonicMs, untilSettled } from "../../timer.ts";
import { LEASE_FRESH_MS, LEASE_SILENCE_MS } from "../../wire/messages/lease.ts";
import type { Hello } from "../../worker/hello.ts";
import { WorkerLauncher } from "../../worker/launch.ts";
import type { Reaper } from "../../worker/reaper.ts";
import type {
  BackendAbilities,
  BackendControl,
  ChunkGoal,
  Completion,
  TaskBackend,
  TaskRequest,
  WorkerInfo,
  WorkerListener,
} from "../backend.ts";
import type { RequestFactory } from "../requests.ts";
import type { SchedulerEffects, SchedulerListener } from "../scheduling/effects.ts";
import { Scheduler } from "../scheduling/scheduler.ts";
import { DeadlineTimer } from "./deadline_timer.ts";
import { abandonHellos, workerHellos } from "./hellos.ts";
import type { LocalOptions } from "./options.ts";
import { TaskRecord } from "./task_record.ts";
import { WorkerSet } from "./worker_set.ts";

/** A pipe that is read is empty in less than a millisecond; one that is not read would hold a `map` up for ever. */
const FLUSH_LIMIT_MS = 5;

/** How long a program that was held up waits for what lies in its pipes, where it cannot be told when all has been read. */
const CATCH_UP_MS = 5;
/** Of the process that tells it, no more is expected: it may have been stopped. */
const CATCH_UP_LIMIT_MS = 1000;

/** Of each worker: one that runs, one in its pipe, and two that wait, so that neither it nor the encoding of the next ever stands still. */
const CHUNKS_PER_WORKER = 4;

/**
 * A message costs some 50 µs on both sides together: 0.8 ms of work makes that 6 %, and still shares the rest of a `map` out evenly. Larger
 * chunks than a megabyte stop the program while they are encoded.
 */
const CHUNK_GOAL: ChunkGoal = { ms: 0.8, bytes: 1024 * 1024 };

/** What the local backend needs of its pool and its program. */
export interface LocalSurroundings {
  readonly hub: Hub;
  readonly reaper: Reaper | undefined;
  readonly listener: WorkerListener;
  /** Encodes the initializer and its arguments. */
  readonly requests: Pick<RequestFactory, "refer" | "encode">;
}

/** Runs requests in worker processes on this machine. */
export class LocalBackend implements TaskBackend {
  readonly abilities: BackendAbilities = { handles: true, keys: true, runIds: false, progress: "live" };
  readonly capacity: number;
  readonly backlog: number;
  readonly chunkGoal: ChunkGoal | undefined;
  readonly control: BackendControl;
  readonly #listener: WorkerListener;
  readonly #launcher: WorkerLauncher;
  readonly #hellos: readonly Hello[];
  readonly #workers: WorkerSet;
  readonly #scheduler: Scheduler<TaskRecord>;
  readonly #timer = new DeadlineTimer(() => this.#tick(), (...args) => this.#catchUp(...args));
  readonly #ended = Promise.withResolvers<void>();
  #readyWaiters: PromiseWithResolvers<void>[] = [];
  #turnScheduled = false;
  #hasFinished = false;
  readonly #dispatch = (): void => {
    this.#turnScheduled = false;
    const { refusal } = this.#launcher;
    if (refusal !== undefined) this.#scheduler.refuse(refusal);
    this.#scheduler.dispatch(monotonicMs());
    this.#arm();
  };

  /** Starts no process yet. Throws when workers may not be what the options say, or cannot be initialized so. */
  constructor(options: LocalOptions, { hub, reaper, listener, requests }: LocalSurroundings) {
    const { workers, concurrency } = options;
    this.capacity = workers * concurrency;
    this.backlog = workers * Math.max(CHUNKS_PER_WORKER, concurrency + 1);
    // Tasks of one worker run beside each other, items of one chunk do not.
    this.chunkGoal = concurrency === 1 ? CHUNK_GOAL : undefined;
    this.#listener = listener;
    this.#launcher = new WorkerLauncher(options, { hub, reaper });
    this.#hellos = workerHellos(options, requests, this.#launcher);
    this.#workers = new WorkerSet({ ...options, launcher: this.#launcher, hellos: this.#hellos, listener });
    this.#scheduler = new Scheduler<TaskRecord>(this.#effects(), this.#schedulerListener(), {
      ...options,
      lease: { freshMs: LEASE_FRESH_MS, silenceMs: LEASE_SILENCE_MS },
    });
    this.control = localControl(this.#scheduler, this.#workers, () => {
      this.#settleReady();
      this.#arm();
    });
  }

  get broken(): Error | undefined {
    return this.#scheduler.broken;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  submit(request: TaskRequest, completion: Completion): TaskRecord {
    const task = new TaskRecord(request, completion);
    // What is refused is told of later: the caller does not have the task yet.
    if (this.#scheduler.takesTasks) this.#scheduler.submit(task);
    else inMicrotask(() => this.#scheduler.submit(task));
    this.#dispatchLater();
    return task;
  }

  cancel(task: TaskRecord, reason: unknown): void {
    if (task.state === "settled") return;
    this.#scheduler.cancel(task, reason, monotonicMs());
    this.#arm();
  }

  hasBegun(task: TaskRecord): boolean {
    if (task.state !== "sent") return false;
    return this.chunkGoal === undefined || task.slot?.present?.head === task;
  }

  isSent(task: TaskRecord): boolean {
    return task.state === "sent";
  }

  flushed(): Promise<void> {
    return this.fed();
  }

  async fed(): Promise<void> {
    // What was submitted in this turn is handed out at its end.
    await undefined;
    const writing = this.#workers.awaitedWrites();
    if (writing.length > 0) await untilSettled(Promise.all(writing), { timeoutMs: FLUSH_LIMIT_MS });
  }

  async ready(): Promise<void> {
    if (this.#hasFinished) throw this.#endedError();
    const waiter = Promise.withResolvers<void>();
    this.#readyWaiters.push(waiter);
    this.#scheduler.startAll(monotonicMs());
    this.#settleReady();
    this.#arm();
    await waiter.promise;
  }

  close(): void {
    this.#scheduler.close();
  }

  terminate(error: () => Error, how: "terminate" | "kill"): void {
    if (how === "kill") this.#workers.kill();
    this.#scheduler.terminate(error);
  }

  workers(): WorkerInfo[] {
    return this.#workers.list(this.#scheduler.slots);
  }

  /** All that one turn submits is handed out together. */
  #dispatchLater(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    inMicrotask(this.#dispatch);
  }

  #effects(): SchedulerEffects<TaskRecord> {
    return {
      spawn: (slotIndex) =>
        this.#workers.spawn(this.#scheduler.slots[slotIndex]!, {
          scheduler: this.#scheduler,
          onTurn: () => this.#arm(),
        }),
      reject: (task, error, kind) => task.completion.reject(error, kind),
      fence: (done, slotIndex) => void this.#fence(done, slotIndex),
      finished: () => void this.#finish(),
    };
  }

  #schedulerListener(): SchedulerListener<TaskRecord> {
    const listener = this.#listener;
    const identityOf = (slotIndex: number) => this.#workers.identityOf(slotIndex)!;
    return {
      sent: (task, slotIndex, now) => task.completion.sent(identityOf(slotIndex), now),
      returned: (task, now) => task.completion.returned(now),
      retried: (task, error, now) => task.completion.retried(error, task.attempt, now),
      ran: (msPerTask, tasks) => listener.ran(msPerTask, tasks),
      becameReady: (slotIndex, now) => {
        listener.ready(identityOf(slotIndex), now);
        this.#settleReady();
        if (this.#scheduler.slots.every((slot) => slot.phase !== "starting")) this.#launcher.startReaper();
      },
      becameBusy: (slotIndex, now) => listener.busy(identityOf(slotIndex), now),
      becameIdle: (slotIndex, now) => listener.idle(identityOf(slotIndex), now),
      startFailed: (error) => this.#rejectReady(error),
    };
  }

  async #fence(done: (held: boolean, now: number) => void, slotIndex: number): Promise<void> {
    this.#workers.readOn(slotIndex);
    const held = await this.#readAll();
    done(held, monotonicMs());
    this.#arm();
  }

  /** Handles all that lies in the workers' pipes now. Resolves with `false` when that cannot be told. */
  async #readAll(): Promise<boolean> {
    const held = await this.#launcher.fence();
    const reading = this.#workers.reading();
    if (reading.length > 0) await Promise.all(reading);
    return held;
  }

  /**
   * Hears what workers have said while this program was held up, since `from` at least, before it judges by the clock. What left only now has
   * all of its time before it. So has what runs in workers that may have been stopped with the program, as by Ctrl-Z; only once, so that no task lives for ever.
   */
  async #catchUp(from: number, mayHaveStopped: boolean): Promise<void> {
    const referenced = this.#scheduler.unsettled > 0;
    // Without a fence: a timer that is not due yet has the event loop look at its pipes.
    const heard = this.#readAll().then((held) => held ? undefined : delay(CATCH_UP_MS));
    await untilSettled(heard, { timeoutMs: CATCH_UP_LIMIT_MS, referenced });
    for (const slotIndex of this.#workers.fedSince(mayHaveStopped ? -Infinity : from)) {
      this.#scheduler.fed(this.#scheduler.slots[slotIndex]!, monotonicMs());
    }
  }

  #settleReady(): void {
    if (this.#readyWaiters.length === 0) return;
    if (!this.#scheduler.slots.every((slot) => slot.phase === "ready" || !slot.isOpen)) return;
    for (const waiter of this.#readyWaiters.splice(0)) waiter.resolve();
  }

  #rejectReady(error: Error): void {
    for (const waiter of this.#readyWaiters.splice(0)) waiter.reject(error);
  }

  #endedError(): Error {
    return this.broken ?? new PoolClosedError("Cannot get ready: the pool has ended");
  }

  async #finish(): Promise<void> {
    this.#hasFinished = true;
    const caughtUp = this.#timer.end();
    this.#rejectReady(this.#endedError());
    abandonHellos(this.#hellos);
    await this.#launcher.release();
    await caughtUp;
    this.#ended.resolve();
  }

  /**
   * Sees to it that the scheduler's next deadline is met. A task that waits for a worker to be started later keeps the program alive; an
   * idle pool does not.
   */
  #arm(): void {
    this.#timer.arm(this.#scheduler.nextDeadline(), this.#scheduler.unsettled > 0);
  }

  #tick(): void {
    this.#scheduler.tick(monotonicMs());
    this.#arm();
  }
}

/** What an operator can do to the workers on this machine. `onTurn` is told when deadlines may have changed. */
function localControl(scheduler: Scheduler<TaskRecord>, workers: WorkerSet, onTurn: () => void): BackendControl {
  const act = (change: (now: number) => void): void => {
    change(monotonicMs());
    onTurn();
  };
  return {
    get paused() {
      return scheduler.paused;
    },
    get size() {
      return scheduler.size;
    },
    pause: () => act((now) => scheduler.setPaused(true, now)),
    resume: () => act((now) => scheduler.setPaused(false, now)),
    resize: (wanted) => {
      // It would close each place for a worker.
      if (!(wanted <= Infinity)) throw new RangeError(`Cannot resize: ${wanted} is not a number of workers`);
      act((now) => scheduler.resize(Math.max(1, wanted), now));
    },
    kill: (workerId) => workers.killOne(workerId),
  };
}
