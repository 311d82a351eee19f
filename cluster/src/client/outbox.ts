/** What waits in the client: higher priority first, then in order. */

/** What can wait. */
export interface Waiting {
  readonly request: { readonly priority: number };
}

/** Holes that are not worth closing up. */
const FEW_HOLES = 1024;

/** Those of one priority. */
interface Level<T> {
  readonly priority: number;
  /** With holes where some were taken. */
  items: (T | undefined)[];
  head: number;
  /** How many there are. */
  count: number;
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

  /** How many places it holds, those of what has left included. */
  get places(): number {
    return this.#levels.reduce((sum, { items }) => sum + items.length, 0);
  }

  /** Puts one behind those of the same priority. */
  add(item: T): void {
    const { priority } = item.request;
    let at = this.#levels.findIndex((level) => level.priority <= priority);
    if (at < 0) at = this.#levels.length;
    if (this.#levels[at]?.priority !== priority) this.#levels.splice(at, 0, { priority, items: [], head: 0, count: 0 });
    const level = this.#levels[at]!;
    if (level.items.length > 2 * level.count + FEW_HOLES) this.#closeUp(level);
    level.count++;
    this.#places.set(item, [level, level.items.push(item) - 1]);
  }

  /** Takes the next one. */
  take(): T | undefined {
    for (let level; (level = this.#levels[0]) !== undefined; this.#levels.shift()) {
      while (level.head < level.items.length) {
        const item = level.items[level.head++];
        if (item === undefined) continue;
        this.remove(item);
        return item;
      }
    }
  }

  /** Takes one out. Says whether it was there. */
  remove(item: T): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    const [level, index] = place;
    this.#places.delete(item);
    level.items[index] = undefined;
    level.count--;
    return true;
  }

  /** A level that is never empty would grow for as long as its program lives. */
  #closeUp(level: Level<T>): void {
    level.items = level.items.filter((item) => item !== undefined);
    level.head = 0;
    level.items.forEach((item, index) => void (this.#places.get(item!)![1] = index));
  }
}
