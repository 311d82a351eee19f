/** Time, so that tests and the simulation can bring their own. */
export interface Clock {
  /** Milliseconds, from any beginning, that never go back. */
  now(): number;
  /** Milliseconds since 1970. */
  epoch(): number;
  /** Calls once, after so many milliseconds, unless it is cancelled before. Keeps the program alive until then. */
  after(ms: number, call: () => void): { cancel(): void };
}

/** Resolves after so many milliseconds. */
export async function pause(clock: Clock, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(ms, resolve);
  await promise;
}

/** The time of one owner: what it still waits for when it ends is called off, so that no timer outlives it. */
export class OwnedClock implements Clock {
  readonly #clock: Clock;
  readonly #alarms = new Set<{ cancel(): void }>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  epoch(): number {
    return this.#clock.epoch();
  }

  after(ms: number, call: () => void): { cancel(): void } {
    if (this.#stopped) return { cancel() {} };
    const alarm = this.#clock.after(ms, () => {
      this.#alarms.delete(alarm);
      call();
    });
    this.#alarms.add(alarm);
    return {
      cancel: () => {
        if (this.#alarms.delete(alarm)) alarm.cancel();
      },
    };
  }

  /** Calls nothing any more. */
  stop(): void {
    this.#stopped = true;
    for (const alarm of this.#alarms) alarm.cancel();
    this.#alarms.clear();
  }
}

// A timer of Deno that is set for longer fires at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  after(ms, call) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      timer = setTimeout(
        () => left > LONGEST_TIMER_MS ? wait(left - LONGEST_TIMER_MS) : call(),
        Math.min(left, LONGEST_TIMER_MS),
      );
    };
    wait(ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Waits for a promise, but not longer, up to `Infinity`: what closes over a connection that is away may never settle. Says whether it settled. */
export async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = ms === Infinity ? undefined : systemClock.after(ms, () => resolve(false));
  try {
    return await Promise.race([promise.then(() => true, () => true), late]);
  } finally {
    timer?.cancel();
  }
}
