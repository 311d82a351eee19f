import type { Inputs } from "../input/inputs.ts";
import type { EventStream } from "../observers/event_stream.ts";

const INTERVAL_MS = 100;

/** Tells how far the input was read, now and then. */
export class InputReporter {
  readonly #inputs: Pick<Inputs, "records" | "bytes">;
  readonly #events: EventStream;
  #toldAt = 0;

  constructor(inputs: Pick<Inputs, "records" | "bytes">, events: EventStream) {
    this.#inputs = inputs;
    this.#events = events;
  }

  /** Tells it, if it was not told a moment ago; the end is always told. */
  tell(ended: boolean): void {
    const now = Date.now();
    if (!ended && now - this.#toldAt < INTERVAL_MS) return;
    this.#toldAt = now;
    const { records, bytes } = this.#inputs;
    this.#events.emit({ type: "input", at: now, records, bytes, ended });
  }
}
