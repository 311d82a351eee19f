import type { RejectionKind, SchedulerEffects, SchedulerListener } from "./effects.ts";
import type { ScheduledTask } from "./scheduled_task.ts";
import type { WaitingTasks } from "./waiting_tasks.ts";

/** Makes the error for a task that a dead worker held. */
export type ExitErrorFactory = (taskStarted: boolean, attempt: number) => Error;

/**
 * A task that was the first of so many workers that died before it began did not end them, but a fourth would die the same way. See
 * `docs/decisions/handing_out.md`.
 */
const MAX_REDELIVERIES = 3;

/** The tasks whose caller waits, with a worker or without: each settles exactly once. */
export class UnsettledTasks<T extends ScheduledTask> {
  readonly #effects: Pick<SchedulerEffects<T>, "reject">;
  readonly #listener: SchedulerListener<T>;
  readonly #waiting: WaitingTasks<T>;
  #size = 0;

  constructor(
    effects: Pick<SchedulerEffects<T>, "reject">,
    listener: SchedulerListener<T>,
    waiting: WaitingTasks<T>,
  ) {
    this.#effects = effects;
    this.#listener = listener;
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
    if (task.state === "settled") return false;
    task.state = "settled";
    this.#size--;
    return true;
  }

  /** Gives the caller an error, unless it has an outcome. */
  fail(task: T, error: unknown, kind: RejectionKind): void {
    if (this.settle(task)) this.#effects.reject(task, error, kind);
  }

  /** Fails all tasks that no worker has. */
  failWaiting(reason: (task: T) => unknown, kind: RejectionKind): void {
    for (let task; (task = this.#waiting.takeAny()) !== undefined;) this.fail(task, reason(task), kind);
  }

  /** Fails the waiting tasks that only this slot's worker may run. */
  failKeyed(slotIndex: number, error: unknown): void {
    for (let task; (task = this.#waiting.takeKeyed(slotIndex)) !== undefined;) this.fail(task, error, "worker");
  }

  /**
   * Decides what becomes of the tasks that a dead worker held, of which so many, from the first on, may have started.
   *
   * Their callers hear of it when all that are tried again wait: one who hears may cancel others, or end the pool.
   */
  reassign(held: readonly T[], mayHaveStarted: number, error: ExitErrorFactory, now: number): void {
    const told: (() => void)[] = [];
    for (let index = held.length - 1; index >= 0; index--) {
      const task = held[index]!;
      task.slot = undefined;
      if (task.state === "settled") continue;
      told.push(
        index < mayHaveStarted ? this.#retry(task, error, now) : this.#redeliver(task, index === 0, error, now),
      );
    }
    for (const tell of told) tell();
  }

  /** The task never started: it goes back, unless workers keep dying with it as the first; those behind it are innocent. */
  #redeliver(task: T, wasHead: boolean, makeError: ExitErrorFactory, now: number): () => void {
    if (wasHead) task.redeliveries++;
    if (task.redeliveries > MAX_REDELIVERIES) return () => this.fail(task, makeError(false, task.attempt), "worker");
    this.#putBack(task);
    return () => {
      if (task.state === "waiting") this.#listener.returned(task, now);
    };
  }

  /** The task may have started: it is tried again only if its caller said so. */
  #retry(task: T, makeError: ExitErrorFactory, now: number): () => void {
    const error = makeError(true, task.attempt);
    if (task.retriesLeft === 0) return () => this.fail(task, error, "worker");
    task.retriesLeft--;
    task.attempt++;
    this.#putBack(task);
    return () => {
      if (task.state === "waiting") this.#listener.retried(task, error, now);
    };
  }

  #putBack(task: T): void {
    task.state = "waiting";
    this.#waiting.add(task, "first");
  }
}
