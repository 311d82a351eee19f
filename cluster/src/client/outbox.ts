/** What waits in the client: higher priority first, then in order. */

/** What can wait. */
export interface Waiting {
  readonly request: { readonly priority: number };
}

/** Those of one priority. */
interface Level<T> {
  readonly priority: number;
  readonly items: (T | undefined)[];
  head: number;
}

/** Tasks that have not left yet. */
export class Outbox<T extends Waiting> {
  /** Highest priority first. */
  readonly #levels: Level<T>[] = [];
  readonly #places = new Map<T, [level: Level<T>, index: number]>();

  /** How many there are. */
  get size(): number {
    return this.#places.size;
  }

  /** Puts one behind those of the same priority. */
  add(item: T): void {
    const { priority } = item.request;
    let at = this.#levels.findIndex((level) => level.priority <= priority);
    if (at < 0) at = this.#levels.length;
    if (this.#levels[at]?.priority !== priority) this.#levels.splice(at, 0, { priority, items: [], head: 0 });
    const level = this.#levels[at]!;
    this.#places.set(item, [level, level.items.push(item) - 1]);
  }

  /** Takes the next one. */
  take(): T | undefined {
    for (let level; (level = this.#levels[0]) !== undefined; this.#levels.shift()) {
      while (level.head < level.items.length) {
        const item = level.items[level.head];
        level.items[level.head++] = undefined;
        if (item === undefined) continue;
        this.#places.delete(item);
        return item;
      }
    }
  }

  /** Takes one out. Says whether it was there. */
  remove(item: T): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    this.#places.delete(item);
    place[0].items[place[1]] = undefined;
    return true;
  }
}
