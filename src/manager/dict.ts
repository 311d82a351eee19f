import { registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { type DictKey, ownEntries } from "./checks.ts";
import { call, changeValue } from "./call.ts";
import { namingGiven, placeInEntries } from "./given.ts";

/** Names the class of dicts in every process. */
export const DICT = "DictProxy";

/** What a dict is filled from: an object's own keys, a `Map`, or pairs of key and value. */
export type DictEntries<K extends DictKey = string, V = unknown> =
  | Iterable<readonly [K, V]>
  | Readonly<Record<string, V>>;

/**
 * A dictionary that processes share, made by {@linkcode Manager.dict}.
 *
 * - Every change is one message to the owner, and atomic. `add`, `setDefault` and `update` read and write in one go: none of
 *   them needs a lock.
 * - Keys are in the order in which they were first set.
 * - A key that is not a string, a number, a bigint or a boolean rejects with TypeError, and a value that cannot travel with EncodingError. The
 *   dict then stays as it is.
 * - Values are copies: changing what `get` returned changes nothing in the dict. To nest, store another proxy, such as
 *   `manager.list()`: it stays live wherever it is read.
 *
 * It may travel in any argument, result, queue item or pipe message.
 *
 * @typeParam K The keys.
 * @typeParam V The values.
 *
 * @example Counting in two workers
 * ```ts
 * import { type DictProxy, Manager, Pool } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * await using pool = new Pool({ workers: 2 });
 * const counts = manager.dict<string, number>();
 * await pool.starmap(async (counts: DictProxy<string, number>, word: string) => {
 *   await counts.add(word, 1);
 * }, ["a", "b", "a"].map((word) => [counts, word] as const));
 * console.log(await counts.get("a")); // 2
 * ```
 *
 * @example Reading and writing
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * const dict = manager.dict({ a: 1, b: 2 });
 * await dict.set("c", 3);
 * console.log(await dict.setDefault("c", 0), await dict.has("c"), await dict.size()); // 3 true 3
 * console.log(await dict.keys(), await dict.values()); // ["a", "b", "c"] [1, 2, 3]
 * console.log(await dict.pop("a"), await dict.popItem(), await dict.delete("z")); // 1 ["c", 3] false
 * console.log(await dict.entries(), await dict.toObject(), await dict.toMap()); // [["b", 2]] { b: 2 } Map(1) { "b" => 2 }
 * await dict.clear();
 * ```
 */
export class DictProxy<K extends DictKey = string, V = unknown> extends SharedHandle {
  /**
   * The value of a key, or `undefined` when it is not there.
   *
   * @param key Which key. `1` and `"1"` are two keys.
   * @returns A copy of the value.
   * @throws {TypeError} If it cannot be a key.
   */
  get(key: K): Promise<V | undefined>;
  /**
   * The value of a key, or `fallback` when it is not there.
   *
   * @param key Which key.
   * @param fallback Anything that can travel. The dict does not keep it.
   * @returns A copy of the value, or of `fallback`.
   * @throws {TypeError} If it cannot be a key.
   */
  get<F>(key: K, fallback: F): Promise<V | F>;
  async get(key: K, ...fallback: unknown[]): Promise<unknown> {
    refuseSurplus("get(key, fallback)", arguments, 2);
    return await call(this, "get", [key, ...fallback]);
  }

  /**
   * Sets the value of a key.
   *
   * @param key Which key.
   * @param value Anything that can travel, also another proxy.
   * @throws {TypeError} If it cannot be a key.
   * @throws {EncodingError} If the value cannot travel. The dict stays as it is.
   */
  async set(key: K, value: V): Promise<void> {
    refuseSurplus("set(key, value)", arguments, 2);
    await call(this, "set", [key, value]);
  }

  /**
   * Whether a key is there.
   *
   * @param key Which key.
   * @throws {TypeError} If it cannot be a key.
   */
  async has(key: K): Promise<boolean> {
    refuseSurplus("has(key)", arguments, 1);
    return await call(this, "has", [key]) as boolean;
  }

  /**
   * Removes a key.
   *
   * @param key Which key.
   * @returns Whether it was there.
   */
  async delete(key: K): Promise<boolean> {
    refuseSurplus("delete(key)", arguments, 1);
    return await call(this, "delete", [key]) as boolean;
  }

  /**
   * Removes a key and returns its value.
   *
   * @param key Which key.
   * @returns The value that it had.
   * @throws {RangeError} If the key is not there.
   */
  pop(key: K): Promise<V>;
  /**
   * Removes a key and returns its value, or `fallback` when it is not there.
   *
   * @param key Which key.
   * @param fallback Anything that can travel.
   * @returns The value that it had, or a copy of `fallback`.
   */
  pop<F>(key: K, fallback: F): Promise<V | F>;
  async pop(key: K, ...fallback: unknown[]): Promise<unknown> {
    refuseSurplus("pop(key, fallback)", arguments, 2);
    return await call(this, "pop", [key, ...fallback]);
  }

  /**
   * Removes the key that was added last.
   *
   * @returns The key and its value.
   * @throws {RangeError} If the dict is empty.
   */
  async popItem(): Promise<[K, V]> {
    refuseArguments("popItem()", arguments);
    return await call(this, "popItem", []) as [K, V];
  }

  /**
   * Sets the value of a key unless it is there already.
   *
   * @param key Which key.
   * @param value Anything that can travel.
   * @returns The value that is there afterwards.
   * @throws {TypeError} If it cannot be a key.
   */
  async setDefault(key: K, value: V): Promise<V> {
    refuseSurplus("setDefault(key, value)", arguments, 2);
    return await call(this, "setDefault", [key, value]) as V;
  }

  /**
   * Adds to the number or bigint of a key; one that is not there counts as zero.
   *
   * @param key Which key.
   * @param amount What to add, of the same type as the value: a number or a bigint.
   * @returns The sum.
   * @throws {TypeError} If the value, or the amount, is of another type.
   */
  async add(key: K, amount: V & (number | bigint)): Promise<V> {
    refuseSurplus("add(key, amount)", arguments, 2);
    return await call(this, "add", [key, amount]) as V;
  }

  /**
   * Sets many keys at once: no process sees only some of them set.
   *
   * @param entries An object's own keys, a `Map`, or pairs of key and value.
   * @throws {TypeError} If it is something else, or a key cannot be one. The dict stays as it is.
   */
  update(entries: DictEntries<K, V>): Promise<void>;
  /**
   * Replaces the value of a key by what `change` makes of it, and returns that.
   *
   * `change` runs in this process. If another process changes the value meanwhile, it runs again with the new
   * one: it should only compute. What it throws rejects the call, and the value stays as it is.
   *
   * @param key Which key.
   * @param change Gets a copy of the value, or `undefined` when the key is not there; may be asynchronous.
   * @returns What `change` returned last.
   * @throws {TypeError} If `change` is not a function.
   *
   * @example
   * ```ts
   * import { Manager } from "@corral/multiprocessing";
   *
   * await using manager = new Manager();
   * const best = manager.dict({ ann: 7 });
   * console.log(await best.update("ann", (score = 0) => Math.max(score, 9))); // 9
   * ```
   */
  update(key: K, change: (value: V | undefined) => V | Promise<V>): Promise<V>;
  async update(first: K | DictEntries<K, V>, change?: (value: V | undefined) => V | Promise<V>): Promise<V | void> {
    refuseSurplus("update(key, change)", arguments, 2);
    if (change !== undefined) return await changeValue(this, [first], change) as V;
    const entries = entriesOf(first as DictEntries<K, V>);
    await namingGiven(
      (path) => placeInEntries(path, "$[0]", first as object, entries),
      () => call(this, "merge", [entries]),
    );
  }

  /** How many keys there are. */
  async size(): Promise<number> {
    refuseArguments("size()", arguments);
    return await call(this, "size", []) as number;
  }

  /** All keys. */
  async keys(): Promise<K[]> {
    refuseArguments("keys()", arguments);
    return await call(this, "keys", []) as K[];
  }

  /** All values, in the order of the keys. */
  async values(): Promise<V[]> {
    refuseArguments("values()", arguments);
    return await call(this, "values", []) as V[];
  }

  /** All pairs of key and value. */
  async entries(): Promise<[K, V][]> {
    refuseArguments("entries()", arguments);
    return await call(this, "entries", []) as [K, V][];
  }

  /** Removes all keys. */
  async clear(): Promise<void> {
    refuseArguments("clear()", arguments);
    await call(this, "clear", []);
  }

  /** A copy as an object; keys that are not strings become strings. Every key is an own property, also `"__proto__"`. */
  async toObject(): Promise<Record<string, V>> {
    refuseArguments("toObject()", arguments);
    return Object.fromEntries((await this.entries()).map(([key, value]) => [String(key), value]));
  }

  /** A copy as a `Map`. */
  async toMap(): Promise<Map<K, V>> {
    refuseArguments("toMap()", arguments);
    return new Map(await this.entries());
  }

  /** The pairs of key and value, as they all were when the first was asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<[K, V], void, undefined> {
    yield* await this.entries();
  }
}

/** The pairs of what a dict is filled from. */
export function entriesOf<K extends DictKey, V>(entries: DictEntries<K, V>): (readonly [K, V])[] {
  if (typeof entries !== "object" || entries === null) {
    throw new TypeError(
      `Cannot fill a dict from ${shown(entries)}: an object, a Map or pairs of key and value are wanted`,
    );
  }
  if (Symbol.iterator in entries) return Array.from(entries as Iterable<readonly [K, V]>);
  return ownEntries(entries, "dict") as [K, V][];
}

registerHandleClass(DICT, DictProxy);
