/** What waits in the client: higher priority first, then in order. */

/** What can wait. */
export interface Waiting {
  readonly request: { readonly priority: number };
}

interface Lane<T> {
  readonly priority: number;
  readonly items: (T | undefined)[];
  head: number;
}

/** Tasks that have not left yet. */
export class Outbox<T extends Waiting> {
  /** Highest priority first. */
  readonly #lanes: Lane<T>[] = [];
  readonly #places = new Map<T, [lane: Lane<T>, index: number]>();

  /** How many there are. */
  get size(): number {
    return this.#places.size;
  }

  /** Puts one behind those of the same priority. */
  add(item: T): void {
    const { priority } = item.request;
    let at = this.#lanes.findIndex((lane) => lane.priority <= priority);
    if (at < 0) at = this.#lanes.length;
    if (this.#lanes[at]?.priority !== priority) this.#lanes.splice(at, 0, { priority, items: [], head: 0 });
    const lane = this.#lanes[at]!;
    this.#places.set(item, [lane, lane.items.push(item) - 1]);
  }

  /** Takes the next one. */
  take(): T | undefined {
    for (let lane; (lane = this.#lanes[0]) !== undefined; this.#lanes.shift()) {
      while (lane.head < lane.items.length) {
        const item = lane.items[lane.head];
        lane.items[lane.head++] = undefined;
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

/** Orders that may be out at once: enough that no lane waits for the next, few enough that the server holds little. */
export class Window {
  static readonly LEAST = 256;
  static readonly ORDERS_PER_LANE = 8;
  /** Large arguments lie on the server for as long as their orders are out. */
  static readonly MOST_BYTES = 256 * 1024 * 1024;
  #out = 0;
  #bytes = 0;

  /** How many are out. */
  get out(): number {
    return this.#out;
  }

  /** How many may leave now. Topped up by quarters: each time is a round trip, however many go. */
  room(lanes: number): number {
    const most = Math.max(Window.LEAST, Window.ORDERS_PER_LANE * lanes);
    const room = most - this.#out;
    return this.#out > 0 && (room < most / 4 || this.#bytes >= Window.MOST_BYTES) ? 0 : room;
  }

  /** One leaves. Says whether more bytes may. */
  leave(byteLength: number): boolean {
    this.#out++;
    this.#bytes += byteLength;
    return this.#bytes < Window.MOST_BYTES;
  }

  /** One is back. */
  back(byteLength: number): void {
    this.#out--;
    this.#bytes -= byteLength;
  }
}
