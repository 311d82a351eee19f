import { after, type Timer } from "../timer.ts";
import type { ConnectedWorker } from "./connected_worker.ts";

/**
 * A worker that was started ahead: it has loaded Deno and the library, and waits for the hello that makes it somebody's. See
 * `docs/decisions/starting.md`.
 */
export class SpareWorker {
  #worker: ConnectedWorker | undefined;
  #timer: Timer | undefined;
  /** Settles when those that were ended are gone. */
  #gone: Promise<unknown> = Promise.resolve();

  /** Keeps one worker, if there is none, at most for so long. One that cannot be started now is started when it is wanted. */
  put(start: () => ConnectedWorker, keepMs: number): void {
    if (this.#worker !== undefined) return;
    try {
      this.#worker = start();
    } catch {
      return;
    }
    const { process } = this.#worker;
    process.setReferenced(false);
    this.#timer = after(keepMs, () => void this.end());
    this.#timer.setReferenced(false);
    process.ended.then(() => this.#worker?.process === process && this.take());
  }

  /** Hands the worker over. */
  take(): ConnectedWorker | undefined {
    const worker = this.#worker;
    this.#timer?.cancel();
    worker?.process.setReferenced(true);
    this.#worker = undefined;
    return worker;
  }

  /** Ends the worker. Resolves when it is gone, and so are those that were ended before, as by their time. */
  async end(): Promise<void> {
    const process = this.take()?.process;
    process?.kill();
    await (this.#gone = Promise.all([this.#gone, process?.ended]));
  }
}
