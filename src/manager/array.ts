import { registerHandleClass, SharedHandle } from "../hub/handle.ts";
import type { BigIntArray, NumberArray } from "./objects/array_object.ts";
import { call, changeValue } from "./call.ts";
import { itemsOf } from "./checks.ts";
import { namingGiven } from "./given.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";

/** Names the class of arrays in every process. */
export const ARRAY = "ArrayProxy";

/**
 * Numbers in a fixed number of places that processes share, made by {@linkcode Manager.array}.
 *
 * - Every change is one message to the owner, and atomic. Many items travel as binary data.
 * - A negative index counts from the end. An index without an item rejects with RangeError, as in Python; one that is not a
 *   whole number, and a value that is not of type `T`, reject with TypeError.
 * - It stores a number as its kind of typed array does: an `Int8Array` makes 44 of 300.
 *
 * It may travel in any argument, result, queue item or pipe message.
 *
 * @typeParam T `number`, or `bigint` for an array made from a `BigInt64Array` or a `BigUint64Array`.
 *
 * @example
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * const histogram = manager.array(4);
 * await histogram.add(2, 1);
 * console.log(await histogram.toArray()); // [0, 0, 1, 0]
 * ```
 *
 * @example Reading and writing
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * const array = manager.array([1, 2, 3]);
 * await array.set(0, [10, 20]);
 * await array.update(-1, (item) => item * 10);
 * console.log(await array.at(-1), await array.length(), await array.slice(0, 2)); // 30 3 [10, 20]
 * await array.fill(0, 1);
 * console.log(await array.toTypedArray()); // Float64Array(3) [10, 0, 0]
 * ```
 */
export class ArrayProxy<T extends number | bigint = number> extends SharedHandle {
  /**
   * The item at an index.
   *
   * @param index Which item, from 0; -1 is the last.
   * @throws {RangeError} If there is none.
   */
  async at(index: number): Promise<T> {
    refuseSurplus("at(index)", arguments, 1);
    return await call(this, "at", [index]) as T;
  }

  /**
   * Replaces the item at an index, or several from there on.
   *
   * @param index Which item, from 0; -1 is the last.
   * @param values One number, or several.
   * @throws {RangeError} If there are not so many. Nothing was replaced.
   */
  async set(index: number, values: T | Iterable<T>): Promise<void> {
    refuseSurplus("set(index, values)", arguments, 2);
    const isOne = typeof values !== "object";
    await namingGiven(
      (path) => isOne ? path.replace(/^\$\[1\]\[0\]/, "$[1]") : path,
      () => call(this, "set", [index, isOne ? [values] : Array.from(itemsOf(values))]),
    );
  }

  /**
   * Adds to the item at an index.
   *
   * @param index Which item, from 0; -1 is the last.
   * @param amount What to add.
   * @returns The sum, as the array holds it.
   * @throws {RangeError} If there is no such item.
   */
  async add(index: number, amount: T): Promise<T> {
    refuseSurplus("add(index, amount)", arguments, 2);
    return await call(this, "add", [index, amount]) as T;
  }

  /**
   * Replaces the item at an index by what `change` makes of it, and returns that.
   *
   * `change` runs in this process, and again if the item changes meanwhile: it should only compute.
   *
   * @param index Which item, from 0; -1 is the last.
   * @param change Gets the item; may be asynchronous.
   * @returns What `change` returned last.
   * @throws {RangeError} If there is no such item.
   * @throws {TypeError} If `change` is not a function.
   */
  async update(index: number, change: (item: T) => T | Promise<T>): Promise<T> {
    refuseSurplus("update(index, change)", arguments, 2);
    return await changeValue(this, [index], change) as T;
  }

  /**
   * A copy of some items, as `Array.slice` makes it.
   *
   * @param start The index of the first; a negative one counts from the end. @default 0
   * @param end The index behind the last. @default the length
   */
  async slice(start?: number, end?: number): Promise<T[]> {
    refuseSurplus("slice(start, end)", arguments, 2);
    return Array.from(await this.toTypedArray(start, end) as Iterable<T>);
  }

  /**
   * Replaces items by one value.
   *
   * @param value What each becomes.
   * @param start The index of the first; a negative one counts from the end. @default 0
   * @param end The index behind the last. @default the length
   */
  async fill(value: T, start?: number, end?: number): Promise<void> {
    refuseSurplus("fill(value, start, end)", arguments, 3);
    await call(this, "fill", [value, start, end]);
  }

  /** How many items there are. */
  async length(): Promise<number> {
    refuseArguments("length()", arguments);
    return await call(this, "length", []) as number;
  }

  /** A copy of all items. */
  async toArray(): Promise<T[]> {
    refuseArguments("toArray()", arguments);
    return await this.slice();
  }

  /**
   * A copy of some items, as the kind of typed array that the owner has.
   *
   * @param start The index of the first; a negative one counts from the end. @default 0
   * @param end The index behind the last. @default the length
   */
  async toTypedArray(start?: number, end?: number): Promise<T extends bigint ? BigIntArray : NumberArray> {
    refuseSurplus("toTypedArray(start, end)", arguments, 2);
    return await call(this, "slice", [start, end]) as T extends bigint ? BigIntArray : NumberArray;
  }

  /** The items, as they all were when the first was asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this.toArray();
  }
}

registerHandleClass(ARRAY, ArrayProxy);
