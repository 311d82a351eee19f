/** Something that has a place in an order. */
export interface Placed {
  /** No two have the same. */
  readonly place: number;
}

/** Gives what was put in by its place, lowest first: a binary heap. */
export class PlaceHeap<T extends Placed> {
  readonly #heap: T[] = [];

  /** How many are inside. */
  get size(): number {
    return this.#heap.length;
  }

  /** The one of the lowest place, left inside. */
  peek(): T | undefined {
    return this.#heap[0];
  }

  /** Puts one in. */
  push(item: T): void {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    for (let parent; at > 0 && heap[parent = (at - 1) >> 1]!.place > item.place; at = parent) heap[at] = heap[parent]!;
    heap[at] = item;
  }

  /** Takes the one of the lowest place. */
  shift(): T | undefined {
    const heap = this.#heap;
    const [first, last] = [heap[0], heap.pop()];
    if (heap.length === 0) return first;
    let at = 0;
    for (let child; (child = this.#lowerChild(at)) !== undefined && heap[child]!.place < last!.place; at = child) {
      heap[at] = heap[child]!;
    }
    heap[at] = last!;
    return first;
  }

  #lowerChild(at: number): number | undefined {
    const left = 2 * at + 1;
    if (left >= this.#heap.length) return undefined;
    const right = left + 1;
    return right < this.#heap.length && this.#heap[right]!.place < this.#heap[left]!.place ? right : left;
  }
}
