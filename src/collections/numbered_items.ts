/** What is found by its number. */
interface Numbered {
  readonly id: number;
}

/**
 * Items in the order in which they came, each found by its number.
 *
 * Of awaited calls, one after another, there is one or none at a time. A map whose last entry goes is made again each time, and an iterator is made to
 * find its first; so one item alone is kept outside of it.
 */
export class NumberedItems<T extends Numbered> {
  #only: T | undefined;
  /** All, when there is no only one. */
  readonly #items = new Map<number, T>();
  /** The first of several, if it is known. */
  #first: T | undefined;

  /** How many there are. */
  get size(): number {
    return this.#only === undefined ? this.#items.size : 1;
  }

  /** The one that has been here for longest. */
  get first(): T | undefined {
    if (this.#only !== undefined) return this.#only;
    if (this.#first === undefined && this.#items.size > 0) this.#first = this.#items.values().next().value;
    return this.#first;
  }

  /** All, in order. */
  all(): Iterable<T> {
    return this.#only === undefined ? this.#items.values() : [this.#only];
  }

  /** The item with this number. */
  byId(id: number): T | undefined {
    if (this.#only === undefined) return this.#items.get(id);
    return this.#only.id === id ? this.#only : undefined;
  }

  /** Adds an item behind the others. Its number must be new here. */
  append(item: T): void {
    if (this.size === 0) {
      this.#only = item;
      return;
    }
    if (this.#only !== undefined) {
      this.#items.set(this.#only.id, this.#only);
      this.#only = undefined;
    }
    this.#items.set(item.id, item);
  }

  /** Takes an item out, wherever it stands. Harmless when it is not here. */
  remove(item: T): void {
    if (this.#only !== undefined) {
      if (this.#only === item) this.#only = undefined;
      return;
    }
    if (this.#first === item) this.#first = undefined;
    this.#items.delete(item.id);
  }
}
