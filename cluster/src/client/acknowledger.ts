import type { Broker } from "../broker.ts";
import type { Clock } from "../clock.ts";
import { type Outcome, outcomeClaims } from "../message/outcome.ts";

const BATCH_MS = 20;
const BATCH_SIZE = 128;
const FLUSH_LIMIT_MS = 2000;

/** Takes away the jobs whose outcomes have been told, many at a time. A job that stays in spite of it goes when its time is over. */
export class Acknowledger {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #running = new Set<Promise<void>>();
  #ids: string[] = [];
  #timer: { cancel(): void } | undefined;

  constructor(broker: Broker, clock: Clock) {
    this.#broker = broker;
    this.#clock = clock;
  }

  /** Takes a job away, and what its outcome had in the store. */
  add(id: string, outcome?: Outcome): void {
    this.#ids.push(id);
    const hashes = outcome === undefined ? [] : outcomeClaims(outcome).map(([hash]) => hash);
    if (hashes.length > 0) this.#run(this.#broker.drop(outcome!.shelf, hashes));
    if (this.#ids.length >= BATCH_SIZE) this.#send();
    else this.#timer ??= this.#clock.after(BATCH_MS, () => this.#send());
  }

  /** Resolves when all are away, or the connection is. */
  async flush(): Promise<void> {
    this.#send();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.after(FLUSH_LIMIT_MS, resolve);
    await Promise.race([Promise.all(this.#running), late]);
    timer.cancel();
  }

  #send(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#ids.length > 0) this.#run(this.#broker.remove(this.#ids.splice(0)));
  }

  #run(work: Promise<void>): void {
    const done = work.catch(() => {}).then(() => void this.#running.delete(done));
    this.#running.add(done);
  }
}
