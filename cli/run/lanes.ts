/** A place in the order of results. */
export interface Lane<T> {
  items: T[];
  isClosed: boolean;
  /** The number of the first record of this lane, or of one in front of it. */
  readonly sequence: number;
  next: Lane<T> | undefined;
}

/** Hands on results in the order of their lanes, each as soon as nothing before it is missing; or at once. */
export class Lanes<T> {
  /** Lanes that have not been handed on to their end. */
  open = 0;
  readonly #isOrdered: boolean;
  readonly #deliver: (item: T) => void;
  #first: Lane<T> | undefined;
  #last: Lane<T> | undefined;

  constructor(isOrdered: boolean, deliver: (item: T) => void) {
    this.#isOrdered = isOrdered;
    this.#deliver = deliver;
  }

  /** All records before this one have been handed on, to their end; `undefined` while no lane is open. */
  get firstSequence(): number | undefined {
    return this.#first?.sequence;
  }

  /** A lane behind the last one, for records from `sequence`. */
  add(sequence: number): Lane<T> {
    return this.#add(this.#last, sequence);
  }

  /** A lane for a rest of what another one was for, right behind it. */
  addBehind(lane: Lane<T>): Lane<T> {
    return this.#add(lane, lane.sequence);
  }

  #add(behind: Lane<T> | undefined, sequence: number): Lane<T> {
    const lane: Lane<T> = { items: [], isClosed: false, sequence, next: behind?.next };
    if (behind !== undefined) behind.next = lane;
    this.#first ??= lane;
    if (behind === this.#last) this.#last = lane;
    this.open++;
    return lane;
  }

  /** Adds a result to a lane. */
  put(lane: Lane<T>, item: T): void {
    if (!this.#isOrdered || lane === this.#first) this.#deliver(item);
    else lane.items.push(item);
  }

  /** Nothing more comes in this lane. A lane behind it must have been added before. */
  close(lane: Lane<T>): void {
    lane.isClosed = true;
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
    for (let lane = this.#first; lane !== undefined; lane = lane.next) for (const item of lane.items) left.push(item);
    this.#first = this.#last = undefined;
    this.open = 0;
    return left;
  }
}
