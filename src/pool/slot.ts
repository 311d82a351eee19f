/**
 * One place for a worker: what it holds, and how much may be sent ahead to it.
 *
 * A worker that answers quickly holds several tasks, worked in order. What is sent ahead has a lease: the child starts
 * nothing more of it when two answers in a row took longer than 3 ms to leave, so after 5 ms of silence, and when all that
 * lies in its pipe has been read, it can be given to another worker, and no task starts twice. The child counts from a moment before its last answer left,
 * which is earlier than the moment it was read here.
 */

/** A task as the scheduler sees it. */
export interface ScheduledTask {
  /** Unique in the pool. */
  readonly id: number;
  /** Higher runs first. */
  readonly priority: number;
  /** Tasks with the same key go to the same slot. */
  readonly key: string | undefined;
  /** Size of the arguments, in bytes or characters. */
  readonly byteLength: number;
  /** Counted from when a worker has the task and nothing is before it. */
  readonly timeoutMs: number | undefined;
  /** 1 for the first try. */
  attempt: number;
  /** How many more workers may die of it. */
  retriesLeft: number;
  /** How often it came back from a worker that died before starting it. */
  bounces: number;
  /** When it was submitted, and later when it was handed to a worker. */
  since: number;
  /** Its caller has the outcome. A worker may still be busy with it. */
  settled: boolean;
  /** The slot whose worker holds it. */
  slot: Slot<this> | undefined;
}

/** The scheduler's view of a worker. Tests put scripted fakes behind it. */
export interface SchedulerWorker<T> {
  /** Sends tasks, to be worked in this order; `repliesRead` as in the protocol. */
  run(tasks: readonly T[], repliesRead: number): void;
  /** Tells the worker that nobody wants the task any more. */
  abort(task: T, reason: unknown): void;
  /** Lets an idle worker leave. */
  stop(): void;
  /** Ends the worker, whatever it does. */
  terminate(): void;
  /** Whether it keeps the program alive. */
  setReferenced(referenced: boolean): void;
}

/** Where a slot's worker is in its life. */
export type SlotPhase = "empty" | "starting" | "ready" | "stopping";

const MAX_WINDOW = 256;
const MAX_AHEAD_BYTES = 256 * 1024;
const AHEAD_WORK_MS = 2;
const LEASE_FRESH_MS = 1.5;
const LEASE_SILENCE_MS = 5;
const NEVER_READ = -1;
const MAX_PATIENCE = 128;
const RARE_RETURN_ANSWERS = 256;

/** One place for a worker. */
export class Slot<T extends ScheduledTask> {
  readonly index: number;
  phase: SlotPhase = "empty";
  worker: SchedulerWorker<T> | undefined;
  /** Sent and unanswered, in order. */
  readonly held = new Map<number, T>();
  /** Taken back while the worker was silent; it will return their ids. */
  readonly revoked = new Set<number>();
  /** Tasks handed to the present worker. */
  taken = 0;
  /** Tasks the present worker has answered. */
  answered = 0;
  /** Answers and returns read from the present worker. */
  replies = 0;
  /** No earlier start of a worker here than this. */
  notBefore = 0;
  /** When the slot last became idle, or busy with its first task. */
  changedAt = 0;
  /** The worker has said nothing since it got tasks while idle: it has started none. */
  unacknowledged = false;
  /** The worker starts whatever it gets without saying so. */
  onStandby = false;
  /** When the first held task became the first. */
  headSince = 0;
  /** When a message was last read from the worker. */
  lastReadAt = -Infinity;
  #window = 1;
  #costMs = 0;
  #answeredInRead = 0;
  #busySince = 0;
  #heldBytes = 0;
  #growAfter = 0;
  #patience = 1;
  #answersSinceReturn = Infinity;
  #reads = 0;
  #readsAtFence = NEVER_READ;
  #fenceNotBefore = 0;
  #dropped = false;

  constructor(index: number) {
    this.index = index;
  }

  /** Makes the slot as it is before a worker's first task. */
  reset(phase: SlotPhase, worker: SchedulerWorker<T> | undefined): void {
    this.phase = phase;
    this.worker = worker;
    this.held.clear();
    this.revoked.clear();
    this.taken =
      this.answered =
      this.replies =
      this.#window =
      this.#costMs =
      this.#heldBytes =
      this.#answeredInRead =
        0;
    this.#window = 1;
    this.#growAfter = 0;
    this.#readsAtFence = NEVER_READ;
    this.#fenceNotBefore = 0;
    this.#dropped = false;
    this.#patience = 1;
    this.#answersSinceReturn = Infinity;
    this.unacknowledged = false;
    this.onStandby = false;
    this.lastReadAt = -Infinity;
  }

  /** The task that has been with the worker longest. */
  get head(): T | undefined {
    return this.held.values().next().value;
  }

  /** How many tasks may be sent ahead of those held now. */
  aheadRoom(now: number): number {
    if (now - this.lastReadAt > LEASE_FRESH_MS || this.#heldBytes > MAX_AHEAD_BYTES) return 0;
    // Topping up by halves keeps the number of writes small.
    return this.held.size > this.#window / 2 ? 0 : this.#window - this.held.size;
  }

  /** Whether so much more may be sent ahead. */
  fits(bytes: number): boolean {
    return this.#heldBytes + bytes <= MAX_AHEAD_BYTES;
  }

  /** Notes a task as sent. */
  hold(task: T, now: number): void {
    if (this.held.size === 0) {
      this.unacknowledged = !this.onStandby;
      this.changedAt = this.headSince = this.#busySince = now;
    }
    this.held.set(task.id, task);
    this.taken++;
    this.#heldBytes += task.byteLength;
    task.slot = this;
    task.since = now;
  }

  /** Notes a task as no longer with the worker. */
  drop(task: T): void {
    this.held.delete(task.id);
    this.#heldBytes -= task.byteLength;
    this.#dropped = true;
    task.slot = undefined;
  }

  /** Notes an answer of the worker. */
  countAnswer(): void {
    this.unacknowledged = false;
    this.answered++;
    this.replies++;
    this.#answeredInRead++;
  }

  /** Learns from one read how much may be sent ahead. Returns the answers in it, the time per answer, and whether it left the worker idle. */
  endRead(now: number): { costMs: number; answers: number; becameIdle: boolean } {
    this.lastReadAt = now;
    this.#reads++;
    const becameIdle = this.#dropped && this.held.size === 0;
    this.#dropped = false;
    if (becameIdle) this.changedAt = now;
    const answers = this.#answeredInRead;
    if (answers === 0) return { costMs: 0, answers, becameIdle };
    const costMs = (now - this.#busySince) / answers;
    this.#answeredInRead = 0;
    this.#busySince = this.headSince = now;
    this.#adaptWindow(costMs, answers);
    return { costMs, answers, becameIdle };
  }

  /** A worker that ran dry could have had more; one that did not shows what a task costs. */
  #adaptWindow(costMs: number, answers: number): void {
    this.#growAfter -= answers;
    this.#answersSinceReturn += answers;
    if (this.#growAfter > 0) return;
    if (this.held.size === 0) {
      this.#window = Math.min(MAX_WINDOW, this.#window * 2);
    } else {
      this.#costMs = this.#costMs === 0 ? costMs : (this.#costMs + costMs) / 2;
      this.#window = Math.max(1, Math.min(MAX_WINDOW, Math.floor(AHEAD_WORK_MS / this.#costMs)));
    }
  }

  /**
   * The worker was too slow for what it held: sends it less for a while, longer each time. Now and then every
   * worker is, on a busy machine.
   */
  shrinkWindow(): void {
    this.#window = 1;
    this.#costMs = 0;
    const isRare = this.#answersSinceReturn > RARE_RETURN_ANSWERS;
    this.#patience = isRare ? 2 : Math.min(MAX_PATIENCE, this.#patience * 2);
    this.#growAfter = this.#patience;
    this.#answersSinceReturn = 0;
  }

  /** When the silence of the worker must be looked at, if anything was sent ahead. */
  get leaseDeadline(): number {
    if (this.held.size < 2 || this.#readsAtFence === this.#reads) return Infinity;
    return Math.max(this.lastReadAt, this.headSince, this.#fenceNotBefore) + LEASE_SILENCE_MS;
  }

  /**
   * The worker has been silent for so long that only an unread answer can say that it goes on: the pipes must be read now.
   * Returns the mark of this silence.
   */
  raiseFence(): number {
    this.#readsAtFence = this.#reads;
    return this.#reads;
  }

  /** Whether nothing came from the worker since the fence with this mark was raised, so that everything behind the head can be taken back. */
  isSilentSince(mark: number): boolean {
    return this.held.size > 1 && this.#readsAtFence === mark && this.#reads === mark;
  }

  /** The pipes could not be read: the fence with this mark is to be raised again later. */
  lowerFence(mark: number, now: number): void {
    if (this.#readsAtFence !== mark) return;
    this.#readsAtFence = NEVER_READ;
    this.#fenceNotBefore = now;
  }
}
