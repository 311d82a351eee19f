import type { Operation, SharedObject } from "../hub/shared_object.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";
import type { Acquired } from "./guard.ts";

/** The owner's side of a semaphore. Which permits of a dead process come back: `docs/decisions/sharing.md`. */
export class SemaphoreObject implements SharedObject {
  readonly operations = {
    acquire: (caller, wait): Promise<Acquired> | Acquired => this.#acquire(caller, wait),
    tryAcquire: (caller): Acquired | undefined => this.#value > 0 ? this.#take(caller) : undefined,
    release: (caller): void => this.#release(caller),
    // Permits are all alike: the guard, which asks once only, gives back any.
    releaseToken: (caller): void => this.#release(caller),
    value: (): number => this.#value,
  } satisfies Record<string, Operation>;
  readonly #initial: number;
  readonly #limit: number;
  readonly #waiters = new WaitQueue<void>("Cannot acquire the semaphore: all that it has is taken");
  readonly #held = new HeldPermits();
  #value: number;
  /** How many of the free permits were a dead process's. */
  #abandoned = 0;

  constructor(initial: number, bounded: boolean) {
    this.#initial = initial;
    this.#value = initial;
    this.#limit = bounded ? initial : Infinity;
  }

  processEnded(isEnded: (process: string) => boolean): void {
    this.#waiters.dropProcess(isEnded);
    const lost = this.#held.remove(isEnded);
    this.#abandoned += lost;
    for (let n = 0; n < lost; n++) this.#free();
  }

  close(): void {
    this.#waiters.rejectAll();
  }

  #acquire(caller: Caller, wait: WaitOptions): Promise<Acquired> | Acquired {
    if (this.#value > 0) return this.#take(caller);
    return new Promise((resolve, reject) => {
      this.#waiters.enter(caller, wait, { resolve: () => resolve(this.#take(caller)), reject });
    });
  }

  #take(caller: Caller): Acquired {
    this.#value--;
    this.#held.add(caller.process);
    this.#forgetSignals();
    const abandoned = this.#abandoned > 0;
    if (abandoned) this.#abandoned--;
    return { token: 0, abandoned };
  }

  #release({ process }: Caller): void {
    if (this.#value >= this.#limit) {
      throw new Error(`Cannot release the semaphore: all ${this.#limit} permits are free, it has no more`);
    }
    this.#held.subtract(process);
    this.#free();
    this.#forgetSignals();
  }

  #free(): void {
    this.#value++;
    this.#waiters.serve();
  }

  /**
   * A permit that one process takes and another gives is a signal: nobody holds it, and it must not come back with
   * the death of who took it. Such permits exceed those that the semaphore began with.
   */
  #forgetSignals(): void {
    while (this.#held.total > 0 && this.#value + this.#held.total > this.#initial) this.#held.subtractOldest();
  }
}

/** How many permits each process holds. */
class HeldPermits {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(process: string): void {
    this.#counts.set(process, (this.#counts.get(process) ?? 0) + 1);
    this.#total++;
  }

  /** Does nothing for a process that holds none. */
  subtract(process: string): void {
    const count = this.#counts.get(process);
    if (count === undefined) return;
    this.#total--;
    if (count === 1) this.#counts.delete(process);
    else this.#counts.set(process, count - 1);
  }

  subtractOldest(): void {
    for (const process of this.#counts.keys()) return this.subtract(process);
  }

  /** Removes those of ended processes, and returns how many they were. */
  remove(isEnded: (process: string) => boolean): number {
    let removed = 0;
    for (const [process, count] of this.#counts) {
      if (isEnded(process) && this.#counts.delete(process)) removed += count;
    }
    this.#total -= removed;
    return removed;
  }
}
