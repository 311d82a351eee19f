import { Manager } from "@corral/multiprocessing/manager";
import type { Standstills as StandstillsProxy } from "../runner/protocol.ts";

/** How often is looked. */
const STEP_MS = 250;
/** A look that comes so late comes after a time in which nothing ran here. Less is a busy machine's. */
const LATE_MS = 1000;
/** Of so many the times are known: more than anybody stops in the time of a record. */
const MOST_KEPT = 1000;

interface Standstill {
  readonly from: number;
  readonly until: number;
}

/**
 * Knows when this program stood still: it was stopped, by Ctrl-Z for example, or a container with all that is in it. Its workers were stopped
 * too, but their clocks went on.
 *
 * From the last look before it on, that is a few steps more than it was: the record that is judged by it has the benefit.
 */
export class Standstills {
  readonly #now: () => number;
  readonly #found: Standstill[] = [];
  #lookedAt: number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#lookedAt = now();
  }

  /** Is to be called every `STEP_MS`. */
  look(): void {
    const now = this.#now();
    if (now - this.#lookedAt >= STEP_MS + LATE_MS) this.#found.push({ from: this.#lookedAt, until: now });
    if (this.#found.length > MOST_KEPT) this.#found.shift();
    this.#lookedAt = now;
  }

  /** For how many of the last `ms` milliseconds it stood still. */
  within(ms: number): number {
    // Who asks may be heard before the timer of the next look.
    this.look();
    const start = this.#now() - ms;
    let sum = 0;
    for (const { from, until } of this.#found) sum += Math.max(0, until - Math.max(from, start));
    return sum;
  }
}

/** Standstills of this program that workers can ask for. */
export interface SharedStandstills extends Disposable {
  readonly proxy: StandstillsProxy;
}

/** Looks out for them from now on, until it is disposed of. */
export async function shareStandstills(): Promise<SharedStandstills> {
  const manager = new Manager();
  const standstills = new Standstills();
  class Shared {
    within(ms: number): number {
      return standstills.within(ms);
    }
  }
  manager.register("Standstills", Shared);
  const proxy = await manager.create(Shared);
  const timer = setInterval(() => standstills.look(), STEP_MS);
  Deno.unrefTimer(timer);
  return {
    proxy,
    [Symbol.dispose]() {
      clearInterval(timer);
      manager.close();
    },
  };
}
