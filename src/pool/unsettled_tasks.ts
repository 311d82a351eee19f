import type { SchedulerHost } from "./scheduler_host.ts";
import type { ScheduledTask } from "./slot.ts";
import type { WaitingTasks } from "./waiting_tasks.ts";

/** Makes the error for a task that a dead worker held. */
export type ExitErrorFactory = (taskStarted: boolean, attempt: number) => Error;

const MAX_BOUNCES = 3;

/** The tasks whose caller waits, with a worker or without: each settles exactly once. */
export class UnsettledTasks<T extends ScheduledTask> {
  readonly #host: SchedulerHost<T>;
  readonly #waiting: WaitingTasks<T>;
  #size = 0;

  constructor(host: SchedulerHost<T>, waiting: WaitingTasks<T>) {
    this.#host = host;
    this.#waiting = waiting;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Notes that a caller waits for a new task. */
  add(): void {
    this.#size++;
  }

  /** Notes that the caller has the outcome. Returns whether it had none before. */
  settle(task: T): boolean {
    if (task.settled) return false;
    task.settled = true;
    this.#size--;
    return true;
  }

  /** Gives the caller an error, unless it has an outcome. */
  fail(task: T, error: unknown): void {
    if (this.settle(task)) this.#host.reject(task, error);
  }

  /** Fails all tasks that no worker has. */
  failWaiting(reason: (task: T) => unknown): void {
    for (let task; (task = this.#waiting.takeAny()) !== undefined;) this.fail(task, reason(task));
  }

  /** Fails the waiting tasks that only this slot's worker may run. */
  failKeyed(slotIndex: number, error: unknown): void {
    for (let task; (task = this.#waiting.takeKeyed(slotIndex)) !== undefined;) this.fail(task, error);
  }

  /**
   * Decides what becomes of the tasks that a dead worker held, of which so many, from the first on, may have started.
   *
   * Their callers hear of it when all that are tried again wait: whoever hears may cancel others, or end the pool.
   */
  judge(held: readonly T[], mayHaveStarted: number, error: ExitErrorFactory): void {
    const told: (() => void)[] = [];
    for (let index = held.length - 1; index >= 0; index--) {
      const task = held[index]!;
      if (task.settled) task.slot = undefined;
      else told.push(index < mayHaveStarted ? this.#blame(task, error) : this.#bounce(task, index === 0, error));
    }
    for (const tell of told) tell();
  }

  /** The task never started: it goes back, unless workers keep dying with it as the first; those behind it are innocent. */
  #bounce(task: T, wasHead: boolean, makeError: ExitErrorFactory): () => void {
    if (wasHead) task.bounces++;
    if (task.bounces > MAX_BOUNCES) return () => this.#failHeld(task, makeError(false, task.attempt));
    this.#putBack(task);
    return () => {};
  }

  /** The task may have started: it is tried again only if its caller said so. */
  #blame(task: T, makeError: ExitErrorFactory): () => void {
    const error = makeError(true, task.attempt);
    if (task.retriesLeft === 0) return () => this.#failHeld(task, error);
    task.retriesLeft--;
    task.attempt++;
    this.#putBack(task);
    return () => {
      if (!task.settled) this.#host.retried(task, error);
    };
  }

  #putBack(task: T): void {
    task.slot = undefined;
    this.#waiting.add(task, "first");
  }

  /** Without a slot, it would be taken for one that waits. */
  #failHeld(task: T, error: Error): void {
    task.slot = undefined;
    this.fail(task, error);
  }
}
