import type { BlockPool } from "../run/block_pool.ts";
import type { MapRun } from "../run/map_run.ts";
import type { Patience } from "./patience.ts";

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];

/**
 * Ctrl-C: the first lets end what runs, the second ends it. While no worker is there, nothing runs: records wait for one, which may never come
 * when the code at a module's top level does not end. A third one waits for no output.
 */
export class Interrupts implements Disposable {
  readonly #onSignal: () => void;

  constructor(run: MapRun, pool: Pick<BlockPool, "hasWorker">, patience: Patience, print: (text: string) => void) {
    this.#onSignal = () => {
      const stop = () => {
        run.kill("interrupted");
        patience.limit("interrupted");
      };
      if (run.isStopping) return stop();
      const count = pool.hasWorker ? run.runningRecords : 0;
      const finishing = `${count === 1 ? "1 record is" : `${count} records are`} being finished; again to stop at once`;
      print(`corral: interrupted, ${count === 0 ? "no record is being worked on" : finishing}\n`);
      if (pool.hasWorker) run.drain("interrupted");
      else stop();
    };
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#onSignal);
  }

  /** Listens no more. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#onSignal);
  }
}
