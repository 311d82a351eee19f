import { registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { call, changeValue } from "./call.ts";
import { ownEntries } from "./checks.ts";
import { namingGiven, placeInEntries } from "./given.ts";

/** Names the class of namespaces in every process. */
export const NAMESPACE = "NamespaceProxy";

/**
 * A few named values that processes share, made by {@linkcode Manager.namespace}.
 *
 * It is a dict with a type for each name, and every change is atomic. Names that begin with `_` are refused: as in Python, they
 * are not shared. Python's `multiprocessing.managers.Namespace`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.managers.Namespace).
 *
 * @typeParam T The names, and the types of their values.
 *
 * @example
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * const settings = manager.namespace({ verbose: false, retries: 3 });
 * await settings.set("verbose", true);
 * console.log(await settings.get("verbose"), await settings.add("retries", 1)); // true 4
 * ```
 *
 * @example Reading and writing
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * const names = manager.namespace({ count: 1, label: "old" });
 * await names.update({ count: 2, label: "new" });
 * await names.update("count", (count) => count * 5);
 * console.log(await names.has("count"), await names.keys()); // true ["count", "label"]
 * await names.delete("label");
 * console.log(await names.toObject()); // { count: 10 }
 * ```
 */
export class NamespaceProxy<T extends object = Record<string, unknown>> extends SharedHandle {
  /**
   * The value of a name.
   *
   * @param name Which name.
   * @returns A copy of the value.
   * @throws {RangeError} If the name is not there.
   */
  async get<N extends keyof T & string>(name: N): Promise<T[N]> {
    refuseSurplus("get(name)", arguments, 1);
    return await call(this, "getPresent", [name]) as T[N];
  }

  /**
   * Sets the value of a name.
   *
   * @param name Which name.
   * @param value Anything that can travel, also a proxy.
   * @throws {TypeError} If the name begins with `_`.
   * @throws {EncodingError} If the value cannot travel. The namespace stays as it is.
   */
  async set<N extends keyof T & string>(name: N, value: T[N]): Promise<void> {
    refuseSurplus("set(name, value)", arguments, 2);
    await call(this, "set", [sharedName(name), value]);
  }

  /**
   * Whether a name is there.
   *
   * @param name Which name.
   */
  async has(name: keyof T & string): Promise<boolean> {
    refuseSurplus("has(name)", arguments, 1);
    return await call(this, "has", [name]) as boolean;
  }

  /**
   * Removes a name.
   *
   * @param name Which name.
   * @throws {RangeError} If the name is not there.
   */
  async delete(name: keyof T & string): Promise<void> {
    refuseSurplus("delete(name)", arguments, 1);
    await call(this, "deletePresent", [name]);
  }

  /**
   * Adds to the number or bigint of a name; one that is not there counts as zero.
   *
   * @param name Which name.
   * @param amount What to add, of the same type as the value: a number or a bigint.
   * @returns The sum.
   * @throws {TypeError} If the name begins with `_`, or the value, or the amount, is of another type.
   */
  async add<N extends keyof T & string>(name: N, amount: T[N] & (number | bigint)): Promise<T[N]> {
    refuseSurplus("add(name, amount)", arguments, 2);
    return await call(this, "add", [sharedName(name), amount]) as T[N];
  }

  /**
   * Sets many names at once: no process sees only some of them set.
   *
   * @param values An object's own names and values.
   * @throws {TypeError} If it is something else, or a name begins with `_`. The namespace stays as it is.
   */
  update(values: Partial<T>): Promise<void>;
  /**
   * Replaces the value of a name by what `change` makes of it, and returns that.
   *
   * `change` runs in this process, and again if the value changes meanwhile: it should only compute.
   *
   * @param name Which name.
   * @param change Gets a copy of the value, or `undefined` when the name is not there; may be asynchronous.
   * @returns What `change` returned last.
   * @throws {TypeError} If the name begins with `_`, or `change` is not a function.
   */
  update<N extends keyof T & string>(name: N, change: (value: T[N]) => T[N] | Promise<T[N]>): Promise<T[N]>;
  async update(first: string | Partial<T>, change?: (value: never) => unknown): Promise<unknown> {
    refuseSurplus("update(name, change)", arguments, 2);
    if (typeof first === "string") return await changeValue(this, [sharedName(first)], change!);
    const entries = sharedEntries(first);
    await namingGiven((path) => placeInEntries(path, "$[0]", first, entries), () => call(this, "merge", [entries]));
    return undefined;
  }

  /** All names. */
  async keys(): Promise<(keyof T & string)[]> {
    refuseArguments("keys()", arguments);
    return await call(this, "keys", []) as (keyof T & string)[];
  }

  /** A copy of all names and values. */
  async toObject(): Promise<T> {
    refuseArguments("toObject()", arguments);
    return Object.fromEntries(await call(this, "entries", []) as [string, unknown][]) as T;
  }
}

/** The names and values that a namespace is filled from. */
export function sharedEntries(values: object): [string, unknown][] {
  if (typeof values !== "object" || values === null || Symbol.iterator in values) {
    throw new TypeError(`Cannot fill a namespace from ${shown(values)}: an object of names and values is wanted`);
  }
  return ownEntries(values, "namespace").map(([name, value]) => [sharedName(name), value]);
}

function sharedName(name: string): string {
  if (typeof name === "string" && !name.startsWith("_")) return name;
  throw new TypeError(
    `Cannot share ${shown(name)} in a namespace: a name that does not begin with "_" is wanted`,
  );
}

registerHandleClass(NAMESPACE, NamespaceProxy);
