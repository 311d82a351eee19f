import type { Broker, JobState } from "../broker.ts";
import type { Sealer } from "../message/letter.ts";
import { openOutcome, outcomeClaims } from "../message/outcome.ts";

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
  /** Those that somebody takes away now, and those of them that are to be looked at once more then. */
  readonly #pressed = new Set<string>();
  readonly #again = new Set<string>();
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

  /** Takes away and tells again, each job by one at a time: what came late would meet the next job with that id, where a run is called again. */
  async press(ids: readonly string[]): Promise<void> {
    const due: string[] = [];
    for (const id of ids) {
      if (!this.#ids.has(id)) continue;
      if (this.#pressed.has(id)) this.#again.add(id);
      else due.push(id);
    }
    for (let start = 0; start < due.length; start += MOST_IDS) {
      await this.#pressSome(due.slice(start, start + MOST_IDS));
    }
  }

  async #pressSome(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#pressed.add(id);
    try {
      await this.#takeAway(ids);
    } catch {
      // The sweep repeats it.
    }
    for (const id of ids) this.#pressed.delete(id);
    const again = ids.filter((id) => this.#again.delete(id) && this.#ids.has(id));
    if (again.length > 0) await this.#pressSome(again);
  }

  async #takeAway(ids: readonly string[]): Promise<void> {
    const states = await this.#broker.inspect(ids);
    // A job that the server does not know may run: it may have lost its data.
    const running = ids.filter((_, at) => ["active", "missing"].includes(states[at]!.state));
    // Together: where the first refuses, the other's refusal must have a reader too, or it would end the program.
    await Promise.all([this.#tell(running), this.#broker.remove(ids), this.#dropResults(ids, states)]);
    const told = new Set(running);
    const left = await this.#broker.inspect(ids);
    ids.forEach((id, at) => {
      if (left[at]!.state === "missing") this.#gone(id);
      // An agent got it meanwhile.
      else if (left[at]!.state === "active" && !told.has(id)) this.#again.add(id);
    });
  }

  /** A large result that came too late would lie in the store until its time is over. */
  async #dropResults(ids: readonly string[], states: readonly JobState[]): Promise<void> {
    await Promise.all(ids.map(async (id, at) => {
      const state = states[at]!;
      const outcome = state.state === "finished" ? openOutcome(this.#sealer, id, state.letter) : undefined;
      const hashes = outcome === undefined ? [] : outcomeClaims(outcome).map(([hash]) => hash);
      if (hashes.length > 0) await this.#broker.drop(outcome!.shelf, hashes);
    }));
  }

  /** Nobody else is told: a message that arrives late would stop the next job with that id. */
  async #tell(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#broker.cancel(this.#sealer.seal("cancel", JSON.stringify({ ids })));
  }

  #gone(id: string): void {
    if (this.#ids.delete(id)) this.#onGone(id);
  }
}
