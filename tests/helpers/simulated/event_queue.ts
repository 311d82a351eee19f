/** Numbers from 0 to 1, the same for the same seed. */
export type Random = () => number;

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Something that happens at a time. */
export interface TimedEvent {
  readonly time: number;
  readonly action: () => void | Promise<void>;
}

/** Events in order of time; those of one time in the order in which they were added. */
export class EventQueue {
  readonly #heap: (TimedEvent & { readonly order: number })[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  push(time: number, action: TimedEvent["action"]): void {
    const heap = this.#heap;
    heap.push({ time, action, order: this.#added++ });
    for (let index = heap.length - 1; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  shift(): TimedEvent {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    const first = heap.pop()!;
    for (let index = 0;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && this.#before(child, least)) least = child;
      }
      if (least === index) return first;
      this.#swap(index, least);
      index = least;
    }
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a]!, this.#heap[b]!];
    return one.time < other.time || (one.time === other.time && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}
