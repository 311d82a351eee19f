const SILENCE_MS = 1;

/** Wakes a process on standby when nothing was sent to it for a millisecond or two: it needs its event loop, whatever it does. */
export class StandbyWatch {
  readonly #wake: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #wasSent = false;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** The process went on standby. */
  begin(): void {
    this.#wasSent = true;
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#check(), SILENCE_MS);
    Deno.unrefTimer(this.#timer);
  }

  /** Something will be sent in this turn, which ends the blocking read. */
  sent(): void {
    this.#wasSent = true;
  }

  /** The process has ended, or is awake. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    if (this.#wasSent) return void (this.#wasSent = false);
    this.end();
    this.#wake();
  }
}
