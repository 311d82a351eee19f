import type { SchedulerWorker } from "./effects.ts";
import { NumberedItems } from "../../collections/numbered_items.ts";
import { LeaseClock, type LeaseTimes } from "./lease_clock.ts";
import type { ScheduledTask, TaskPlace } from "./scheduled_task.ts";
import { SendWindow } from "./send_window.ts";

/** What one read of a worker's messages came to. */
export interface ReadOutcome {
  /** How many answers were in it. */
  readonly answers: number;
  /** How long each took, by the mean. */
  readonly costMs: number;
  /** Whether it left the worker without a task. */
  readonly becameIdle: boolean;
}

/** The books on one worker, from its start to its end. The next worker in the same slot has new ones. */
export class WorkerRecord<T extends ScheduledTask> {
  /** How much it may hold. */
  readonly window: SendWindow = new SendWindow();
  /** How long it has been silent. */
  readonly lease: LeaseClock;
  /** Sent and unanswered, in order. */
  readonly held: NumberedItems<T> = new NumberedItems();
  /** Taken back while the worker was silent; it will return their ids. */
  readonly revoked = new Set<number>();
  /** Absent only while it is being started. */
  worker: SchedulerWorker<T> | undefined;
  /** Whether it was given tasks that have not left yet. */
  isGiven = false;
  readonly #slot: TaskPlace<T>;
  #taken = 0;
  #answered = 0;
  #replies = 0;
  #changedAt: number;
  #headSince = 0;
  /** Which task that is the time of. */
  #timedHead: T | undefined;
  /** It has said nothing since it got tasks while idle: it has started none. */
  #unacknowledged = false;
  /** It got this one while it had nothing else, so it was to start it whatever happened. */
  #givenIdle: T | undefined;
  #onStandby = false;
  readonly #restarted = new WeakSet<T>();
  #heldBytes = 0;
  #answersInRead = 0;
  /** Whether there was more in it than prints, progress and the like: of those, a task without an end can send any number. */
  #hasSaidSomething = false;
  #busySince = 0;
  #dropped = false;

  constructor(slot: TaskPlace<T>, lease: LeaseTimes, now: number) {
    this.#slot = slot;
    this.lease = new LeaseClock(lease);
    this.#changedAt = now;
  }

  /** Tasks that it was handed and did not give back. */
  get taken(): number {
    return this.#taken;
  }

  /** Tasks that it has answered. */
  get answered(): number {
    return this.#answered;
  }

  /** Answers and returns read from it. */
  get replies(): number {
    return this.#replies;
  }

  /** When it became ready, idle, or busy with its first task, whichever was last. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** When the first held task became the first. */
  get headSince(): number {
    return this.#headSince;
  }

  /** The task that has been with it longest. */
  get head(): T | undefined {
    return this.held.first;
  }

  /** It can take tasks now. */
  becameReady(now: number): void {
    this.#hasSaidSomething = true;
    this.#changedAt = now;
  }

  /** It begins a task: if it dies now, that may have had effects. */
  began(): void {
    this.#hasSaidSomething = true;
    this.#unacknowledged = false;
  }

  /** From now on it starts what it gets without saying so, or, no longer. */
  setStandby(on: boolean): void {
    this.#onStandby = on;
    // It may have begun what was on its way when it said so.
    if (on) this.#unacknowledged = false;
  }

  /** How many tasks may be prefetched beside those held now. */
  prefetchRoom(now: number): number {
    return this.lease.isFresh(now) ? this.window.room(this.held.size, this.#heldBytes) : 0;
  }

  /** Whether so many bytes more may be prefetched. */
  fits(bytes: number): boolean {
    return this.window.fits(this.#heldBytes + bytes);
  }

  /** Notes a task as sent. */
  hold(task: T, now: number): void {
    if (this.held.size === 0) {
      this.#givenIdle = this.#timedHead = task;
      this.#unacknowledged = !this.#onStandby;
      this.#changedAt = this.#headSince = this.#busySince = now;
    }
    this.held.append(task);
    this.#taken++;
    this.#heldBytes += task.byteLength;
    task.state = "sent";
    task.slot = this.#slot;
    if (task.timeoutMs !== undefined) task.sentAt = now;
  }

  /** Begins the time of what it may run again; of each task once, so that none lives for longer than two limits. */
  restartTime(now: number): void {
    if (this.head !== undefined && !this.#restarted.has(this.head)) this.#headSince = now;
    for (const task of this.held.all()) {
      if (task.timeoutMs !== undefined && !this.#restarted.has(task)) task.sentAt = now;
      this.#restarted.add(task);
    }
  }

  /** It answered a task. */
  answer(task: T): void {
    this.#hasSaidSomething = true;
    this.#drop(task);
    this.#unacknowledged = false;
    this.#answered++;
    this.#replies++;
    this.#answersInRead++;
  }

  /** Whether it was given the task behind others: only such a one may come back unstarted. */
  wasPrefetched(task: T): boolean {
    return task !== this.#givenIdle;
  }

  /** It gave tasks back: it was too slow for what it held. */
  gaveBack(): void {
    this.#hasSaidSomething = true;
    this.#replies++;
    this.window.shrink();
  }

  /** A task is no longer with it, and was not begun. */
  takeBack(task: T): void {
    this.#drop(task);
    this.#taken--;
  }

  /** Learns from one read how much may be sent ahead. */
  endRead(now: number): ReadOutcome {
    if (this.#hasSaidSomething) this.lease.read(now);
    this.#hasSaidSomething = false;
    const becameIdle = this.#dropped && this.held.size === 0;
    this.#dropped = false;
    if (becameIdle) this.#changedAt = now;
    const answers = this.#answersInRead;
    if (answers === 0) return { answers, costMs: 0, becameIdle };
    const costMs = (now - this.#busySince) / answers;
    this.#answersInRead = 0;
    this.#busySince = now;
    this.#timeHead(now);
    this.window.answered(answers, costMs, this.held.size === 0);
    return { costMs, answers, becameIdle };
  }

  /** When its silence must be looked at, if anything was sent ahead. */
  get leaseDeadline(): number {
    return this.held.size < 2 ? Infinity : this.lease.deadline(this.#headSince);
  }

  /** How many of what it held may have been begun when it died, counted from the first; it may run so many at once. */
  mayHaveBegun(concurrency: number): number {
    if (this.#unacknowledged) return 0;
    return concurrency === 1 ? Math.min(1, this.held.size) : this.held.size;
  }

  /** Begins the time of the first held task, if it is another one. The answers to those behind it give it no more: only a worker that lies has any. */
  #timeHead(now: number): void {
    const { head } = this;
    if (head === this.#timedHead) return;
    this.#timedHead = head;
    this.#headSince = now;
  }

  #drop(task: T): void {
    this.held.remove(task);
    this.#heldBytes -= task.byteLength;
    this.#dropped = true;
    task.slot = undefined;
    if (task === this.#givenIdle) this.#givenIdle = undefined;
  }
}
