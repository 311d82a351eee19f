import { registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { call, changeValue } from "./call.ts";
import { itemsOf } from "./checks.ts";

/** Names the class of lists in every process. */
export const LIST = "ListProxy";

/**
 * A list that processes share, made by {@linkcode Manager.list}.
 *
 * - Every change is one message to the owner, and atomic.
 * - A negative index counts from the end. An index without an item rejects with RangeError, as in Python; one that is not a
 *   whole number rejects with TypeError.
 * - An item that cannot travel rejects with EncodingError, and the list stays as it is.
 * - Items are equal that are the same data, or proxies of the same object. In what order an object, a `Map` or a `Set` got its keys does not
 *   count, but for keys that are objects themselves.
 * - Items are copies: changing what `at` returned changes nothing in the list. To nest, store another proxy, such as
 *   `manager.dict()`: it stays live wherever it is read. A list may hold itself.
 *
 * It may travel in any argument, result, queue item or pipe message.
 *
 * @typeParam T The items.
 *
 * @example A list of lists
 * ```ts
 * import { type ListProxy, Manager, Pool } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * await using pool = new Pool({ workers: 1 });
 * const row = manager.list<number>();
 * const table = manager.list([row]);
 * await pool.apply(async (table: ListProxy<ListProxy<number>>) => {
 *   await (await table.at(0)).push(1, 2);
 * }, [table]);
 * console.log(await row.toArray()); // [1, 2]
 * ```
 *
 * @example Reading and writing
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * const list = manager.list([3, 1, 2]);
 * await list.extend([5, 4]);
 * await list.sort();
 * await list.reverse();
 * await list.insert(0, 9);
 * console.log(await list.toArray()); // [9, 5, 4, 3, 2, 1]
 * console.log(await list.pop(), await list.splice(1, 2), await list.slice(1)); // 1 [5, 4] [3, 2]
 * await list.remove(9);
 * await list.set(0, 7);
 * await list.add(0, 1);
 * await list.update(1, (item) => item * 10);
 * console.log(await list.toArray(), await list.length()); // [8, 20] 2
 * console.log(await list.indexOf(20), await list.includes(3), await list.count(8)); // 1 false 1
 * await list.clear();
 * ```
 */
export class ListProxy<T = unknown> extends SharedHandle {
  /**
   * The item at an index.
   *
   * @param index Which item, from 0; -1 is the last.
   * @returns A copy of it.
   * @throws {RangeError} If there is none.
   */
  async at(index: number): Promise<T> {
    refuseSurplus("at(index)", arguments, 1);
    return await call(this, "at", [index]) as T;
  }

  /**
   * Replaces the item at an index.
   *
   * @param index Which item, from 0; -1 is the last.
   * @param item Anything that can travel, also another proxy.
   * @throws {RangeError} If there is none.
   * @throws {EncodingError} If the new item cannot travel. The list stays as it is.
   */
  async set(index: number, item: T): Promise<void> {
    refuseSurplus("set(index, item)", arguments, 2);
    await call(this, "set", [index, item]);
  }

  /**
   * Adds items at the end.
   *
   * @param items Anything that can travel.
   * @returns The new length.
   */
  async push(...items: T[]): Promise<number> {
    return await call(this, "push", items) as number;
  }

  /**
   * Adds the items of an iterable at the end, all at once.
   *
   * @param items Is read to its end here, before anything is sent.
   * @throws {TypeError} If it cannot be iterated.
   */
  async extend(items: Iterable<T>): Promise<void> {
    refuseSurplus("extend(items)", arguments, 1);
    await call(this, "extend", [[...itemsOf(items)]]);
  }

  /**
   * Adds an item before the one at an index.
   *
   * @param index Which, from 0; -1 is the last. Beyond an end it means that end, as in Python.
   * @param item Anything that can travel.
   */
  async insert(index: number, item: T): Promise<void> {
    refuseSurplus("insert(index, item)", arguments, 2);
    await call(this, "insert", [index, item]);
  }

  /**
   * Removes an item and returns it.
   *
   * @param index Which, from 0; -1 is the last. @default -1
   * @returns The item.
   * @throws {RangeError} If there is none.
   */
  async pop(index = -1): Promise<T> {
    refuseSurplus("pop(index)", arguments, 1);
    return await call(this, "pop", [index]) as T;
  }

  /**
   * Removes the first item that equals `item`.
   *
   * @param item Equal is the same data, or a proxy of the same object.
   * @throws {RangeError} If there is none.
   */
  async remove(item: T): Promise<void> {
    refuseSurplus("remove(item)", arguments, 1);
    await call(this, "remove", [item]);
  }

  /**
   * Removes items and puts others in their place, as `Array.splice` does.
   *
   * @param start The index of the first; a negative one counts from the end.
   * @param count How many are removed. @default all from `start` on
   * @param items What is put there.
   * @returns The items that were removed.
   */
  async splice(start: number, count?: number, ...items: T[]): Promise<T[]> {
    return await call(this, "splice", [start, count, ...items]) as T[];
  }

  /**
   * A copy of some items, as `Array.slice` makes it.
   *
   * @param start The index of the first; a negative one counts from the end. @default 0
   * @param end The index behind the last. @default the length
   */
  async slice(start?: number, end?: number): Promise<T[]> {
    refuseSurplus("slice(start, end)", arguments, 2);
    return await call(this, "slice", [start, end]) as T[];
  }

  /**
   * Where the first item is that equals `item`.
   *
   * @param item Equal is the same data, or a proxy of the same object.
   * @param start Where to begin; a negative index counts from the end. @default 0
   * @returns Its index, or -1 when there is none.
   */
  async indexOf(item: T, start?: number): Promise<number> {
    refuseSurplus("indexOf(item, start)", arguments, 2);
    return await call(this, "indexOf", [item, start]) as number;
  }

  /**
   * Whether an item equals `item`.
   *
   * @param item Equal is the same data, or a proxy of the same object.
   */
  async includes(item: T): Promise<boolean> {
    refuseSurplus("includes(item)", arguments, 1);
    return await this.indexOf(item) >= 0;
  }

  /**
   * How many items equal `item`.
   *
   * @param item Equal is the same data, or a proxy of the same object.
   */
  async count(item: T): Promise<number> {
    refuseSurplus("count(item)", arguments, 1);
    return await call(this, "count", [item]) as number;
  }

  /** How many items there are. */
  async length(): Promise<number> {
    refuseArguments("length()", arguments);
    return await call(this, "length", []) as number;
  }

  /**
   * Adds to the number or bigint at an index.
   *
   * @param index Which item, from 0; -1 is the last.
   * @param amount What to add, of the same type as the item: a number or a bigint.
   * @returns The sum.
   * @throws {RangeError} If there is no such item.
   * @throws {TypeError} If the item, or the amount, is of another type.
   */
  async add(index: number, amount: T & (number | bigint)): Promise<T> {
    refuseSurplus("add(index, amount)", arguments, 2);
    return await call(this, "add", [index, amount]) as T;
  }

  /**
   * Replaces the item at an index by what `change` makes of it, and returns that.
   *
   * `change` runs in this process, and again if the list changes meanwhile: it should only compute.
   *
   * @param index Which item, from 0; -1 is the last.
   * @param change Gets a copy of the item; may be asynchronous.
   * @returns What `change` returned last.
   * @throws {RangeError} If there is no such item.
   * @throws {TypeError} If `change` is not a function.
   */
  async update(index: number, change: (item: T) => T | Promise<T>): Promise<T> {
    refuseSurplus("update(index, change)", arguments, 2);
    return await changeValue(this, [index], change) as T;
  }

  /**
   * Sorts the list.
   *
   * - Without a function: numbers, strings, booleans or dates in their order, arrays item by item. The owner sorts; what is
   *   called of the list meanwhile waits.
   * - With a function: this process sorts a copy, and again if the list changes meanwhile.
   *
   * @param order A function as for `Array.sort`, or whether the largest comes first. @default { descending: false }
   * @throws {TypeError} If there is no function, and items cannot be compared. The list stays as it is.
   */
  async sort(order?: ((a: T, b: T) => number) | { descending?: boolean }): Promise<void> {
    refuseSurplus("sort(order)", arguments, 1);
    if (typeof order !== "function") return void await call(this, "sort", [isDescending(order)]);
    while (true) {
      const [version, ...items] = await call(this, "readAll", []) as [number, ...T[]];
      if (await call(this, "writeAll", [version, items.sort(order)])) return;
    }
  }

  /** Puts the items in reverse order. */
  async reverse(): Promise<void> {
    refuseArguments("reverse()", arguments);
    await call(this, "reverse", []);
  }

  /** Removes all items. */
  async clear(): Promise<void> {
    refuseArguments("clear()", arguments);
    await call(this, "clear", []);
  }

  /** A copy of all items. */
  async toArray(): Promise<T[]> {
    refuseArguments("toArray()", arguments);
    return await this.slice();
  }

  /** The items, as they all were when the first was asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this.toArray();
  }
}

function isDescending(order: { descending?: boolean } = {}): boolean {
  const isKnown = typeof order === "object" && order !== null &&
    Object.keys(order).every((name) => name === "descending") &&
    ["boolean", "undefined"].includes(typeof order.descending);
  if (isKnown) return order.descending ?? false;
  const given = typeof order === "object" && order !== null ? JSON.stringify(order) : shown(order);
  throw new TypeError(`Cannot sort by ${given}: a function or { descending: true } is wanted`);
}

registerHandleClass(LIST, ListProxy);
