import { registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { call, changeValue } from "./call.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";

/** Names the class of values in every process. */
export const VALUE = "ValueProxy";

/**
 * One value that processes share, made by {@linkcode Manager.value}.
 *
 * It needs no lock: every change is one message to the owner, and `add` and `update` read and write in one go.
 *
 * It may travel in any argument, result, queue item or pipe message.
 *
 * @typeParam T The value: a number, or anything else that can travel.
 *
 * @example A counter
 * ```ts
 * import { Manager, Pool, type ValueProxy } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * await using pool = new Pool({ workers: 2 });
 * const done = manager.value(0);
 * await pool.map(async (done: ValueProxy<number>) => await done.add(1), Array(10).fill(done));
 * console.log(await done.get()); // 10
 * ```
 *
 * @example Reading and writing
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * const best = manager.value(3);
 * await best.set(5);
 * console.log(await best.update((score) => Math.max(score, 9)), await best.get()); // 9 9
 * ```
 */
export class ValueProxy<T = unknown> extends SharedHandle {
  /** A copy of the value. */
  async get(): Promise<T> {
    refuseArguments("get()", arguments);
    return await call(this, "get", []) as T;
  }

  /**
   * Replaces the value.
   *
   * @param value Anything that can travel, also another proxy.
   * @throws {EncodingError} If it cannot travel. The value stays as it is.
   */
  async set(value: T): Promise<void> {
    refuseSurplus("set(value)", arguments, 1);
    await call(this, "set", [value]);
  }

  /**
   * Adds to the number or bigint.
   *
   * @param amount What to add, of the same type as the value: a number or a bigint.
   * @returns The sum.
   * @throws {TypeError} If the value, or the amount, is of another type.
   */
  async add(amount: T & (number | bigint)): Promise<T> {
    refuseSurplus("add(amount)", arguments, 1);
    return await call(this, "add", [amount]) as T;
  }

  /**
   * Replaces the value by what `change` makes of it, and returns that.
   *
   * `change` runs in this process. If another process changes the value meanwhile, it runs again with the new
   * one: it should only compute. What it throws rejects the call, and the value stays as it is.
   *
   * @param change Gets a copy of the value; may be asynchronous.
   * @returns What `change` returned last.
   * @throws {TypeError} If `change` is not a function.
   */
  async update(change: (value: T) => T | Promise<T>): Promise<T> {
    refuseSurplus("update(change)", arguments, 1);
    return await changeValue(this, [], change) as T;
  }
}

registerHandleClass(VALUE, ValueProxy);
