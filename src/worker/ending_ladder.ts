import { after, type Timer } from "../timer.ts";

// After the stop message; the child may run `unload` listeners.
const STOP_GRACE_MS = 1000;

/** What the steps are taken on. */
export interface EndingSteps {
  /** Asks the worker to leave. */
  ask(): void;
  /** Sends it a signal. */
  signal(signal: "SIGTERM" | "SIGKILL"): void;
  /** It is to end: from now on the program waits for that. */
  awaited(): void;
}

/** Ends a worker, from mild to hard: it is asked, gets SIGTERM, and SIGKILL. Each step follows when the one before has not helped. */
export class EndingLadder {
  readonly #steps: EndingSteps;
  readonly #killGraceMs: number;
  readonly #after: typeof after;
  #state: "living" | "asked" | "terminating" | "ended" = "living";
  #escalation: Timer | undefined;

  /** @param killGraceMs Time between SIGTERM and SIGKILL, in milliseconds. */
  constructor(steps: EndingSteps, killGraceMs: number, startTimer: typeof after = after) {
    this.#steps = steps;
    this.#killGraceMs = killGraceMs;
    this.#after = startTimer;
  }

  /** Asks the worker to leave; ends it if it does not. */
  stop(): void {
    if (this.#state !== "living") return;
    this.#state = "asked";
    this.#steps.ask();
    this.#steps.awaited();
    this.#escalateAfter(STOP_GRACE_MS, () => this.terminate());
  }

  /** Ends the worker with SIGTERM, and with SIGKILL if that does not help. Called again, it does not put the last step off. */
  terminate(): void {
    if (this.#state === "ended" || this.#state === "terminating") return;
    this.#state = "terminating";
    this.#steps.awaited();
    this.#steps.signal("SIGTERM");
    this.#escalateAfter(this.#killGraceMs, () => this.kill());
  }

  /** Ends the worker at once. */
  kill(): void {
    if (this.#state === "ended") return;
    this.#escalation?.cancel();
    this.#steps.signal("SIGKILL");
  }

  /** The worker has ended. */
  end(): void {
    this.#state = "ended";
    this.#escalation?.cancel();
  }

  #escalateAfter(ms: number, next: () => void): void {
    this.#escalation?.cancel();
    this.#escalation = this.#after(ms, next);
  }
}
