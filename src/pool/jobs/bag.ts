/** What can lie in a {@linkcode Bag}: it knows where. */
export interface Bagged {
  /** Its place in the bag; `undefined` outside. Only the bag sets it. */
  place: number | undefined;
}

/**
 * A set without an order, of what comes and goes.
 *
 * Not a `Set`: V8 moves a set that changes into a new table every few changes, and each table refers to the next. When one of them has become old,
 * all later ones count as used until the next full collection, with all that they ever held. See `docs/decisions/pool.md`.
 */
export class Bag<T extends Bagged> implements Iterable<T> {
  readonly #members: T[] = [];

  /** How many lie in it. */
  get size(): number {
    return this.#members.length;
  }

  /** Whether it lies in this bag: it may lie in no other. */
  has(member: T): boolean {
    return member.place !== undefined;
  }

  /** Puts one in that is in no bag. */
  add(member: T): void {
    member.place = this.#members.length;
    this.#members.push(member);
  }

  /** Takes one out, if it is in. */
  delete(member: T): void {
    const { place } = member;
    if (place === undefined) return;
    const last = this.#members.pop()!;
    if (last !== member) {
      this.#members[place] = last;
      last.place = place;
    }
    member.place = undefined;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#members[Symbol.iterator]();
  }
}
