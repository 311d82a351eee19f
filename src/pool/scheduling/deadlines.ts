import type { SchedulerOptions } from "./effects.ts";
import type { ScheduledTask } from "./scheduled_task.ts";
import type { Slot } from "./slot.ts";

/**
 * A worker that runs several tasks at once is not ended for one that goes on after its abort while the others may still finish. But it gets
 * nothing new meanwhile, so the others have this many times the grace of one task: 5 s by default.
 */
const SIBLING_GRACES = 10;

type DeadlineOptions = Pick<SchedulerOptions, "concurrency" | "idleTimeoutMs" | "abortGraceMs">;

/** When something is due at a slot that has a worker: pure questions, nothing is changed here. */
export class SlotDeadlines<T extends ScheduledTask> {
  readonly #options: DeadlineOptions;

  constructor(options: DeadlineOptions) {
    this.#options = options;
  }

  /** When the slot must be looked at next; `idlersLeave`: its worker may have been idle for too long by then. */
  next(slot: Slot<T>, idlersLeave: boolean): number {
    const { present } = slot;
    if (present === undefined) return Infinity;
    if (slot.phase !== "ready") return this.lease(slot);
    if (present.held.size === 0) return idlersLeave ? this.#idleEnd(slot) : Infinity;
    let next = this.lease(slot);
    // Asked twice for each call: no list is made for one task.
    if (this.#options.concurrency === 1) {
      const { head } = present;
      return head === undefined ? next : Math.min(next, this.#task(slot, head));
    }
    for (const task of slot.held.all()) next = Math.min(next, this.#task(slot, task));
    return next;
  }

  /** Nothing is sent ahead to a worker that runs several tasks at once: it has started all that it holds. */
  lease(slot: Slot<T>): number {
    return this.#options.concurrency === 1 ? slot.present?.leaseDeadline ?? Infinity : Infinity;
  }

  /** The tasks whose time is up, and whose callers still wait. */
  expired(slot: Slot<T>, now: number): T[] {
    if (slot.phase !== "ready" || slot.held.size === 0) return [];
    return this.#runnable(slot).filter((task) => task.state !== "settled" && now >= this.#task(slot, task));
  }

  /** Whether a task goes on after its abort, and has had the time for its end: it costs the worker its life. */
  isGraceOver(slot: Slot<T>, now: number): boolean {
    if (slot.phase !== "ready" || slot.held.size === 0) return false;
    return this.#runnable(slot).some((task) => task.state === "settled" && now >= this.#task(slot, task));
  }

  /** Whether the worker has had nothing to do for so long that it leaves. */
  isIdleTooLong(slot: Slot<T>, now: number): boolean {
    return slot.phase === "ready" && slot.held.size === 0 && now >= this.#idleEnd(slot);
  }

  /** When the task is out of time, or after its abort, its worker. */
  #task(slot: Slot<T>, task: T): number {
    const { concurrency, abortGraceMs } = this.#options;
    const isSettled = task.state === "settled";
    const from = (isSettled ? task.givenUpAt : task.sentAt) ?? 0;
    const since = concurrency === 1 ? Math.max(slot.present!.headSince, from) : from;
    if (isSettled) return since + abortGraceMs * (this.#hasUnsettled(slot) ? SIBLING_GRACES : 1);
    return task.timeoutMs === undefined ? Infinity : since + task.timeoutMs;
  }

  /** The tasks that may be running: the first, unless the worker runs several at once. */
  #runnable(slot: Slot<T>): T[] {
    if (this.#options.concurrency > 1) return [...slot.held.all()];
    const head = slot.present?.head;
    return head === undefined ? [] : [head];
  }

  #idleEnd(slot: Slot<T>): number {
    return slot.present!.changedAt + this.#options.idleTimeoutMs;
  }

  #hasUnsettled(slot: Slot<T>): boolean {
    if (this.#options.concurrency === 1) return false;
    for (const task of slot.held.all()) if (task.state !== "settled") return true;
    return false;
  }
}
