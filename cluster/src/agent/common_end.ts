import type { Clock } from "../clock.ts";
import { type TaskBackend, WorkerExitError } from "../corral.ts";

/** A signal for all processes of an agent comes to each at a moment of its own. */
const HEARING_MS = 100;

/** Told whether the agent ends, too. */
type Verdict = (ends: boolean) => void;

/**
 * Finds out whether a worker that was ended by SIGTERM ended together with its agent: systemd, `timeout` and others send it to all processes of a
 * service. Then its task is not to blame, and does not begin again here. The agent may hear of the worker's end first, so it waits a moment for
 * its own signal, in which no task begins.
 */
export class CommonEnd {
  readonly #backend: Pick<TaskBackend, "control">;
  readonly #clock: Clock;
  readonly #isEnding: () => boolean;
  readonly #waiting: Verdict[] = [];

  constructor(backend: Pick<TaskBackend, "control">, clock: Clock, isEnding: () => boolean) {
    this.#backend = backend;
    this.#clock = clock;
    this.#isEnding = isEnding;
  }

  /** Tells `verdict` whether an error is that of a worker which ended together with the agent: at once where that is known. */
  judge(error: unknown, verdict: Verdict): void {
    if (!(error instanceof WorkerExitError && error.signal === "SIGTERM")) return verdict(false);
    if (this.#isEnding()) return verdict(true);
    if (this.#waiting.push(verdict) > 1) return;
    this.#backend.control?.pause();
    this.#clock.after(HEARING_MS, () => {
      for (const tell of this.#waiting.splice(0)) tell(this.#isEnding());
      this.#backend.control?.resume();
    });
  }
}
