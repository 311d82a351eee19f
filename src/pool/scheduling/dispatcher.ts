import type { SchedulerListener, SchedulerOptions } from "./effects.ts";
import type { ScheduledTask } from "./scheduled_task.ts";
import type { Slot } from "./slot.ts";
import { notHeldError, notPrefetchedError } from "./task_errors.ts";
import type { WaitingTasks } from "./waiting_tasks.ts";
import type { WorkerRecord } from "./worker_record.ts";

/** Moves waiting tasks to workers that are ready, and takes back what no worker has started. */
export class Dispatcher<T extends ScheduledTask> {
  readonly #slots: readonly Slot<T>[];
  readonly #waiting: WaitingTasks<T>;
  readonly #listener: SchedulerListener<T>;
  readonly #options: Pick<SchedulerOptions, "concurrency" | "maxTasksPerChild">;

  constructor(
    slots: readonly Slot<T>[],
    waiting: WaitingTasks<T>,
    listener: SchedulerListener<T>,
    options: Pick<SchedulerOptions, "concurrency" | "maxTasksPerChild">,
  ) {
    this.#slots = slots;
    this.#waiting = waiting;
    this.#listener = listener;
    this.#options = options;
  }

  /** Hands out what can be handed out: first to workers that start it at once, then ahead to quick ones. */
  handOut(now: number): void {
    if (this.#waiting.size === 0) return;
    this.#giveHeads(now);
    if (this.#waiting.size > 0 && this.#options.concurrency === 1) this.#prefetch(now);
    // What one worker gets leaves together: the first task alone would wake it, and the program again, for one answer.
    for (let index = 0; index < this.#slots.length; index++) {
      const record = this.#slots[index]!.present;
      if (record === undefined || !record.isGiven) continue;
      record.isGiven = false;
      record.worker!.flush();
    }
  }

  /**
   * Puts back what a worker returned without starting it. Throws ProtocolError when the worker does not hold it, or was to start it: each
   * return starts the time of the task again, so one that comes back again and again would outlive every limit.
   */
  acceptReturn({ present }: Slot<T>, taskIds: readonly number[], now: number): void {
    const record = present!;
    const returned: T[] = [];
    record.gaveBack();
    for (const id of taskIds.toReversed()) {
      if (record.revoked.delete(id)) continue;
      const task = record.held.byId(id);
      if (task === undefined) throw notHeldError("returned", id);
      if (this.#options.concurrency > 1 || !record.wasPrefetched(task)) {
        throw notPrefetchedError(id);
      }
      this.#takeBack(record, task, returned);
    }
    this.#tellReturned(returned, now);
  }

  /** Puts back what was prefetched to a worker that will not start it: its lease has ended. */
  revokePrefetched({ present }: Slot<T>, now: number): void {
    const record = present!;
    const returned: T[] = [];
    const behindHead = [...record.held.all()].slice(1);
    record.window.shrink();
    for (const task of behindHead.reverse()) {
      record.revoked.add(task.id);
      this.#takeBack(record, task, returned);
    }
    this.#tellReturned(returned, now);
  }

  #takeBack(record: WorkerRecord<T>, task: T, returned: T[]): void {
    record.takeBack(task);
    if (task.state === "settled") return;
    task.state = "waiting";
    this.#waiting.add(task, "first");
    returned.push(task);
  }

  /** When the books are in order: the one who hears of it may cancel others. */
  #tellReturned(returned: readonly T[], now: number): void {
    for (let place = returned.length - 1; place >= 0; place--) {
      if (returned[place]!.state === "waiting") this.#listener.returned(returned[place]!, now);
    }
  }

  #giveHeads(now: number): void {
    const { concurrency } = this.#options;
    for (let gave = true; gave && this.#waiting.size > 0;) {
      gave = false;
      for (let index = 0; index < this.#slots.length; index++) {
        const slot = this.#slots[index]!;
        if (slot.phase !== "ready" || slot.present!.held.size >= concurrency || !this.#accepts(slot)) continue;
        const task = this.#waiting.take(slot.index);
        if (task === undefined) continue;
        this.#give(slot, [task], now);
        gave = concurrency > 1;
      }
    }
  }

  #prefetch(now: number): void {
    let ready = 0;
    for (let index = 0; index < this.#slots.length; index++) if (this.#slots[index]!.phase === "ready") ready++;
    const share = Math.ceil(this.#waiting.size / ready);
    for (let index = 0; index < this.#slots.length; index++) {
      const slot = this.#slots[index]!;
      if (!this.#accepts(slot) || slot.held.size === 0) continue;
      const record = slot.present!;
      const room = Math.min(record.prefetchRoom(now), share, this.#options.maxTasksPerChild - record.taken);
      const tasks: T[] = [];
      let bytes = 0;
      while (tasks.length < room) {
        const next = this.#waiting.peek(slot.index);
        if (next === undefined || !record.fits(bytes += next.byteLength)) break;
        this.#waiting.takePeeked(next, slot.index);
        tasks.push(next);
      }
      if (tasks.length > 0) this.#give(slot, tasks, now);
    }
  }

  #give({ present, index }: Slot<T>, tasks: readonly T[], now: number): void {
    const record = present!;
    const wasIdle = record.held.size === 0;
    for (let place = 0; place < tasks.length; place++) record.hold(tasks[place]!, now);
    const worker = record.worker!;
    if (wasIdle) worker.setReferenced(true);
    worker.run(tasks, wasIdle || this.#options.concurrency > 1 ? undefined : record.replies);
    record.isGiven = true;
    if (wasIdle) this.#listener.becameBusy(index, now);
    for (let place = 0; place < tasks.length; place++) {
      if (tasks[place]!.state === "sent") this.#listener.sent(tasks[place]!, index, now);
    }
  }

  #accepts(slot: Slot<T>): boolean {
    const { concurrency, maxTasksPerChild } = this.#options;
    return slot.isOpen && slot.phase === "ready" && slot.present!.taken < maxTasksPerChild &&
      (concurrency === 1 || !this.#isStuck(slot));
  }

  /** A task that runs beside others goes on after its abort: the worker gets nothing new, and is ended after the others. */
  #isStuck(slot: Slot<T>): boolean {
    for (const task of slot.held.all()) if (task.state === "settled") return true;
    return false;
  }
}
