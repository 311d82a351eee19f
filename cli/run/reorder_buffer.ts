/** A place in the order of results. */
export interface Place<T> {
  items: T[];
  isClosed: boolean;
  /** The number of the first record of this place, or of one in front of it. */
  readonly sequence: number;
  next: Place<T> | undefined;
}

/** Hands on results in the order of their places, each as soon as nothing before it is missing; or at once. */
export class ReorderBuffer<T> {
  /** Places that have not been handed on to their end. */
  open = 0;
  readonly #isOrdered: boolean;
  readonly #deliver: (item: T) => void;
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;

  constructor(isOrdered: boolean, deliver: (item: T) => void) {
    this.#isOrdered = isOrdered;
    this.#deliver = deliver;
  }

  /** All records before this one have been handed on, to their end; `undefined` while no place is open. */
  get firstSequence(): number | undefined {
    return this.#first?.sequence;
  }

  /** A place behind the last one, for records from `sequence`. */
  add(sequence: number): Place<T> {
    return this.#add(this.#last, sequence);
  }

  /** A place for a rest of what another one was for, right behind it. */
  addBehind(place: Place<T>): Place<T> {
    return this.#add(place, place.sequence);
  }

  #add(behind: Place<T> | undefined, sequence: number): Place<T> {
    const place: Place<T> = { items: [], isClosed: false, sequence, next: behind?.next };
    if (behind !== undefined) behind.next = place;
    this.#first ??= place;
    if (behind === this.#last) this.#last = place;
    this.open++;
    return place;
  }

  /** Adds a result to a place. */
  put(place: Place<T>, item: T): void {
    if (!this.#isOrdered || place === this.#first) this.#deliver(item);
    else place.items.push(item);
  }

  /** Nothing more comes in this place. A place behind it must have been added before. */
  close(place: Place<T>): void {
    place.isClosed = true;
    while (this.#first?.isClosed) {
      this.#first = this.#first.next;
      this.open--;
      if (this.#first === undefined) this.#last = undefined;
      else for (const item of this.#first.items.splice(0)) this.#deliver(item);
    }
  }

  /** Closes all: results behind a gap are handed on, too. */
  closeAll(): void {
    while (this.#first !== undefined) this.close(this.#first);
  }

  /** Closes all without handing on anything, and returns the results behind gaps. */
  takeAll(): T[] {
    const left: T[] = [];
    for (let place = this.#first; place !== undefined; place = place.next) {
      for (const item of place.items) left.push(item);
    }
    this.#first = this.#last = undefined;
    this.open = 0;
    return left;
  }
}
