import { after, type Timer } from "../timer.ts";

/** Longer than the code between two awaited calls takes, mostly; shorter than anybody notices when a program ends. */
const LET_GO_MS = 5;

/**
 * Whether a worker keeps the program alive: at once when it is to, and for some milliseconds more when it no longer is.
 *
 * A worker that gets one awaited call after another is busy and idle in turn, and to tell the runtime costs nine operations each time, a tenth
 * of what the program does for a call. A read of the worker's output would hold the program as well, with less, but a program that
 * ends by an uncaught error ends at once only those workers that hold it themselves.
 */
export class ProgramHold {
  readonly #tell: (holds: boolean) => void;
  readonly #after: typeof after;
  #wanted = true;
  #told = true;
  #timer: Timer | undefined;

  /**
   * @param tell Tells the runtime. A process that was just started holds the program.
   * @param startTimer What starts its clock.
   */
  constructor(tell: (holds: boolean) => void, startTimer: typeof after = after) {
    this.#tell = tell;
    this.#after = startTimer;
  }

  /** Whether the worker is to keep the program alive. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Says whether it is to. */
  set(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) return this.#follow();
    if (this.#timer !== undefined) return;
    this.#timer = this.#after(LET_GO_MS, () => {
      this.#timer = undefined;
      this.#follow();
    });
    this.#timer.setReferenced(false);
  }

  /** The process has ended. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #follow(): void {
    if (this.#told === this.#wanted) return;
    this.#told = this.#wanted;
    this.#tell(this.#told);
  }
}
