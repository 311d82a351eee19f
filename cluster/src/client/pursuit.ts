import type { Broker } from "../broker.ts";
import type { Sealer } from "../message/letter.ts";

// A message to all agents may have half a megabyte.
const MOST_IDS = 5000;

/**
 * Jobs whose callers have given them up: taken away where they wait, stopped where they run.
 *
 * One message may be lost, for example to an agent that was frozen, so that each sweep repeats it until the job is gone.
 */
export class Pursuit {
  readonly #broker: Broker;
  readonly #sealer: Sealer;
  readonly #ids = new Set<string>();
  readonly #onGone: (id: string) => void;
  #fresh: string[] = [];

  /** @param onGone Told of each job that is gone, when it is not pursued any more. */
  constructor(broker: Broker, sealer: Sealer, onGone: (id: string) => void) {
    this.#broker = broker;
    this.#sealer = sealer;
    this.#onGone = onGone;
  }

  /** How many are not known to be gone. */
  get size(): number {
    return this.#ids.size;
  }

  /** The jobs. */
  get ids(): string[] {
    return [...this.#ids];
  }

  /** Starts to pursue a job. What is given up in one turn goes together. */
  add(id: string): void {
    this.#ids.add(id);
    this.#fresh.push(id);
    if (this.#fresh.length === 1) queueMicrotask(() => void this.press(this.#fresh.splice(0)));
  }

  /** Whether a job is pursued. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Tells again. */
  async press(ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += MOST_IDS) {
      const some = ids.slice(start, start + MOST_IDS);
      try {
        const letter = this.#sealer.seal("cancel", JSON.stringify({ ids: some }));
        // Together: where the first refuses, the other's refusal must have a reader too, or it would end the program.
        await Promise.all([this.#broker.cancel(letter), this.#broker.remove(some)]);
        const states = await this.#broker.inspect(some);
        for (let index = 0; index < some.length; index++) {
          if (states[index]!.state === "missing") this.#gone(some[index]!);
        }
      } catch {
        // The sweep repeats it.
      }
    }
  }

  #gone(id: string): void {
    if (this.#ids.delete(id)) this.#onGone(id);
  }
}
