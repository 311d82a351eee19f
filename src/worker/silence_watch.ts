import { after, type Timer } from "../timer.ts";

/** The worker that is watched. */
export interface Watched {
  /** How many bytes have come from it so far. */
  receivedBytes(): number;
  /** Whether the last of them end in the middle of a message. */
  isInFrame(): boolean;
  /** Whether this program reads what comes: of a worker that printed too much, it does not. */
  isRead(): boolean;
  /** Whether something is to come from it. */
  isAwaited(): boolean;
  /** It may have been stopped: has it continue. */
  resume(): void;
  /** It will not finish the message that it has begun. */
  giveUp(): void;
}

const PERIOD_MS = 2000;
/** What a worker that writes a message writes at least in one period, even on a machine that has much else to do. */
const LEAST_PROGRESS_BYTES = 32 * 1024;
/** In how many periods in a row it may fail to. */
const MAX_SLOW_PERIODS = 5;
/** For a look at the pipes: when this program was busy, its timers fire before it reads what lies there. */
const LOOK_MS = 50;

/**
 * Sees to it that a worker which is stopped, or leaves a message unfinished, holds nothing up, though no task has a time limit.
 *
 * A worker that is silent may compute for an hour, and nothing in it can say so meanwhile. But SIGCONT does not disturb one
 * that runs, and resumes one that was stopped: to tell the two apart is not needed. A message is written in one go, so one that
 * stays unfinished is a violation of the protocol. See `docs/decisions/ending.md`.
 */
export class SilenceWatch {
  readonly #watched: Watched;
  readonly #after: typeof after;
  #timer: Timer | undefined;
  #seenBytes = 0;
  #slowPeriods = 0;
  #ended = false;

  /** Starts to watch. It does not keep the program alive. */
  constructor(watched: Watched, startTimer: typeof after = after) {
    this.#watched = watched;
    this.#after = startTimer;
    this.#wait(PERIOD_MS, () => this.#check());
  }

  /** The worker has ended. */
  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  #check(): void {
    const receivedBytes = this.#watched.receivedBytes();
    const isInFrame = this.#watched.isInFrame();
    const progress = receivedBytes - this.#seenBytes;
    this.#seenBytes = receivedBytes;
    if (progress === 0 && (this.#watched.isAwaited() || isInFrame)) this.#watched.resume();
    const isSlow = isInFrame && progress < LEAST_PROGRESS_BYTES && this.#watched.isRead();
    this.#slowPeriods = isSlow ? this.#slowPeriods + 1 : 0;
    if (this.#slowPeriods < MAX_SLOW_PERIODS) this.#wait(PERIOD_MS, () => this.#check());
    else this.#wait(LOOK_MS, () => this.#wait(LOOK_MS, () => this.#judge()));
  }

  #judge(): void {
    const progress = this.#watched.receivedBytes() - this.#seenBytes;
    const isSlow = this.#watched.isInFrame() && progress < LEAST_PROGRESS_BYTES && this.#watched.isRead();
    if (isSlow) return this.#watched.giveUp();
    this.#slowPeriods = 0;
    this.#wait(PERIOD_MS, () => this.#check());
  }

  #wait(ms: number, next: () => void): void {
    if (this.#ended) return;
    this.#timer = this.#after(ms, next);
    this.#timer.setReferenced(false);
  }
}
