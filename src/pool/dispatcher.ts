import { ProtocolError } from "../errors.ts";
import { HEAD } from "../wire/messages/lease.ts";
import type { SchedulerHost } from "./scheduler_host.ts";
import type { ScheduledTask, Slot } from "./slot.ts";
import type { WaitingTasks } from "./waiting_tasks.ts";

/** The settings that say how many tasks a worker may have. */
export interface DispatcherOptions {
  readonly concurrency: number;
  readonly maxTasksPerChild: number;
}

/** Moves waiting tasks to workers that are ready, and takes back what no worker has started. */
export class Dispatcher<T extends ScheduledTask> {
  readonly #slots: readonly Slot<T>[];
  readonly #waiting: WaitingTasks<T>;
  readonly #host: SchedulerHost<T>;
  readonly #options: DispatcherOptions;

  constructor(
    slots: readonly Slot<T>[],
    waiting: WaitingTasks<T>,
    host: SchedulerHost<T>,
    options: DispatcherOptions,
  ) {
    this.#slots = slots;
    this.#waiting = waiting;
    this.#host = host;
    this.#options = options;
  }

  /** Hands out what can be handed out: first to workers that start it at once, then ahead to quick ones. */
  handOut(now: number): void {
    if (this.#waiting.size === 0) return;
    this.#giveHeads(now);
    if (this.#waiting.size > 0 && this.#options.concurrency === 1) this.#sendAhead(now);
  }

  /** Puts back what a worker returned without starting it. Throws ProtocolError when the worker does not hold it. */
  acceptReturn(slot: Slot<T>, taskIds: readonly number[]): void {
    slot.replies++;
    slot.shrinkWindow();
    for (const id of taskIds.toReversed()) {
      if (slot.revoked.delete(id)) continue;
      const task = slot.held.get(id);
      if (task === undefined) throw new ProtocolError(`it returned task ${id}, which it does not hold`);
      this.#takeBack(slot, task);
    }
  }

  /** Puts back what was sent ahead to a worker that will not start it: its lease has ended. */
  revokeAhead(slot: Slot<T>): void {
    const behindHead = [...slot.held.values()].slice(1);
    slot.shrinkWindow();
    for (const task of behindHead.reverse()) {
      slot.revoked.add(task.id);
      this.#takeBack(slot, task);
    }
  }

  #takeBack(slot: Slot<T>, task: T): void {
    slot.drop(task);
    slot.taken--;
    if (!task.settled) this.#waiting.add(task, "first");
  }

  #giveHeads(now: number): void {
    for (let gave = true; gave;) {
      gave = false;
      for (const slot of this.#slots) {
        if (!this.#accepts(slot) || slot.held.size >= this.#options.concurrency) continue;
        const task = this.#waiting.take(slot.index);
        if (task === undefined) continue;
        this.#give(slot, [task], now);
        gave = true;
      }
    }
  }

  #sendAhead(now: number): void {
    const ready = this.#slots.filter((slot) => slot.phase === "ready");
    const share = Math.ceil(this.#waiting.size / ready.length);
    for (const slot of ready) {
      if (slot.held.size === 0 || !this.#accepts(slot)) continue;
      const room = Math.min(slot.aheadRoom(now), share, this.#options.maxTasksPerChild - slot.taken);
      const tasks: T[] = [];
      let bytes = 0;
      while (tasks.length < room) {
        const next = this.#waiting.peek(slot.index);
        if (next === undefined || !slot.fits(bytes += next.byteLength)) break;
        tasks.push(this.#waiting.take(slot.index)!);
      }
      if (tasks.length > 0) this.#give(slot, tasks, now);
    }
  }

  #give(slot: Slot<T>, tasks: T[], now: number): void {
    const wasIdle = slot.held.size === 0;
    for (const task of tasks) {
      this.#host.waited(task, slot.index, now - task.since);
      slot.hold(task, now);
    }
    const worker = slot.worker!;
    if (wasIdle) worker.setReferenced(true);
    worker.run(tasks, wasIdle || this.#options.concurrency > 1 ? HEAD : slot.replies);
  }

  #accepts(slot: Slot<T>): boolean {
    return slot.phase === "ready" && slot.taken < this.#options.maxTasksPerChild && !this.#isStuck(slot);
  }

  /** A task that runs beside others does not heed its abort: the worker gets nothing new, and is ended after the others. */
  #isStuck(slot: Slot<T>): boolean {
    if (this.#options.concurrency === 1) return false;
    for (const task of slot.held.values()) if (task.settled) return true;
    return false;
  }
}
