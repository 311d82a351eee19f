import { setImmediate } from "node:timers";
import type { Clock } from "../../src/clock.ts";

interface Alarm {
  readonly at: number;
  readonly order: number;
  call: (() => void) | undefined;
}

/** A clock that goes from alarm to alarm: minutes pass in milliseconds, in the same order each time. */
export class VirtualClock implements Clock {
  /** A binary heap by time, then by order. */
  readonly #alarms: Alarm[] = [];
  #now = 0;
  #order = 0;

  now(): number {
    return this.#now;
  }

  epoch(): number {
    return 1_700_000_000_000 + this.#now;
  }

  after(ms: number, call: () => void): { cancel(): void } {
    const alarm: Alarm = { at: this.#now + ms, order: this.#order++, call };
    this.#push(alarm);
    return {
      cancel: () => {
        alarm.call = undefined;
      },
    };
  }

  /** Resolves after so long. */
  async sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.after(ms, resolve);
    await promise;
  }

  /** Goes on until the condition holds, at most for so long. */
  async runUntil(condition: () => boolean, limitMs: number): Promise<void> {
    const limit = this.#now + limitMs;
    await turn();
    while (!condition()) {
      const alarm = this.#pop();
      if (alarm === undefined || alarm.at > limit) {
        throw new Error(`Nothing more happens until ${limit} ms, at ${this.#now} ms`);
      }
      if (alarm.call === undefined) continue;
      this.#now = Math.max(this.#now, alarm.at);
      alarm.call();
      await turn();
    }
  }

  #push(alarm: Alarm): void {
    const heap = this.#alarms;
    let at = heap.push(alarm) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(heap[at]!, heap[above]!)) break;
      [heap[at], heap[above]] = [heap[above]!, heap[at]!];
      at = above;
    }
  }

  #pop(): Alarm | undefined {
    const heap = this.#alarms;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0;;) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < heap.length && isBefore(heap[below]!, heap[least]!)) least = below;
      }
      if (least === at) return first;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}

function isBefore(one: Alarm, other: Alarm): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Lets promises that can settle do so. */
async function turn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
}
