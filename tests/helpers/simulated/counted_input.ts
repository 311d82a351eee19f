/** An input that counts what is read of it, and notes when it is closed. */
export class CountedInput {
  pulled = 0;
  closed = false;
  readonly #length: number;

  /** Numbers from 0; without a length they never end. */
  constructor(length = Infinity) {
    this.#length = length;
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    try {
      while (this.pulled < this.#length) yield this.pulled++;
    } finally {
      this.closed = true;
    }
  }

  /** The same as an asynchronous input. */
  async *later(): AsyncGenerator<number, void, undefined> {
    for (const item of this) yield await Promise.resolve(item);
  }

  /** The same, with an error in place of the item at `index`. */
  *failingAt(index: number, error: unknown): Generator<number, void, undefined> {
    for (const item of this) {
      if (item === index) throw error;
      yield item;
    }
  }
}
