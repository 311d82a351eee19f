import type { MapRun } from "../run/map_run.ts";

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];

/** Ctrl-C: the first lets end what runs, the second ends it. */
export class Interrupts implements Disposable {
  readonly #onSignal: () => void;

  constructor(run: MapRun, print: (text: string) => void) {
    this.#onSignal = () => {
      if (run.isStopping) return run.kill("interrupted");
      print(`corral: interrupted, ${run.runningRecords} records are being finished; again to stop at once\n`);
      run.drain("interrupted");
    };
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#onSignal);
  }

  /** Listens no more. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#onSignal);
  }
}
