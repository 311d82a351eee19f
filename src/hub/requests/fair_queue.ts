import { Deque } from "../../deque.ts";

/** What several have queued: each one's things in their order, and by turns between them, however much one has queued. */
export class FairQueue<T> {
  /** Those that have something queued, in the order of their turns. */
  readonly #queues = new Map<string, Deque<T>>();
  #size = 0;

  /** How many things are queued. */
  get size(): number {
    return this.#size;
  }

  /** Queues a thing of `whose`. */
  push(whose: string, thing: T): void {
    let queue = this.#queues.get(whose);
    if (queue === undefined) this.#queues.set(whose, queue = new Deque());
    queue.push(thing);
    this.#size++;
  }

  /** Takes the first thing of the one whose turn it is. */
  shift(): T | undefined {
    for (const [whose, queue] of this.#queues) {
      const thing = queue.shift();
      this.#queues.delete(whose);
      if (queue.size > 0) this.#queues.set(whose, queue);
      this.#size--;
      return thing;
    }
    return undefined;
  }
}
