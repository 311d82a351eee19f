import type { Operation, SharedObject } from "../../hub/shared_object.ts";
import { checkKey, type DictKey, isDense, sum } from "../checks.ts";
import { shown } from "../../shown.ts";
import { copyOf, type Versioned } from "../call.ts";

/** The version of what is not there: one that no write ever gets. */
const ABSENT: Versioned = { version: 0, value: undefined };

/** How many keys that were deleted a small dict keeps. */
const MOST_DELETED = 64;

/** The owner's side of a dict or a namespace. What it stores is replaced, never changed in place. */
export class DictObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    get: (_caller, _wait, key, fallback) => (this.#find(key) ?? { value: fallback }).value,
    getPresent: (_caller, _wait, key) => this.#findPresent("get", key).value,
    set: (_caller, _wait, key, value) => void this.#set(key, value),
    has: (_caller, _wait, key) => this.#find(key) !== undefined,
    delete: (_caller, _wait, key) => this.#find(key) !== undefined && this.#entries.delete(key),
    deletePresent: (_caller, _wait, key) => void this.#take("delete", key),
    pop: (_caller, _wait, key, ...fallback) => {
      return fallback.length > 0 && this.#find(key) === undefined ? fallback[0] : this.#take("pop", key);
    },
    popItem: () => this.#popItem(),
    setDefault: (_caller, _wait, key, value) => (this.#find(key) ?? this.#set(key, value)).value,
    merge: (_caller, _wait, entries) => this.#merge(entries),
    add: (_caller, _wait, key, amount) => this.#add(key, amount),
    read: (_caller, _wait, key) => this.#find(key) ?? ABSENT,
    write: (_caller, _wait, key, version, value) => {
      const entry = this.#find(key) ?? ABSENT;
      if (entry.version !== version) return entry;
      this.#set(key, value);
    },
    size: () => this.#entries.size,
    keys: () => [...this.#entries.keys()],
    values: () => Array.from(this.#entries.values(), ({ value }) => value),
    entries: () => Array.from(this.#entries, ([key, { value }]) => [key, value]),
    clear: () => {
      this.#entries.clear();
      this.#keys = undefined;
    },
  };
  readonly #missing: string;
  readonly #entries = new Map<DictKey, Versioned>();
  #lastVersion = 0;
  /**
   * The keys in order, from the first `popItem()` on: a Map can be walked from its beginning only. A key that was deleted stays here; one that
   * was set again has a later place, too.
   */
  #keys: DictKey[] | undefined;

  /** `missing` is what messages say about a key that is not there. */
  constructor(entries: readonly (readonly [DictKey, unknown])[], missing: string) {
    this.#missing = missing;
    this.#merge(copyOf(entries));
  }

  #find(key: unknown): Versioned | undefined {
    checkKey(key);
    return this.#entries.get(key);
  }

  #findPresent(action: string, key: unknown): Versioned {
    const entry = this.#find(key);
    if (entry === undefined) throw new RangeError(`Cannot ${action} ${shown(key)}: ${this.#missing}`);
    return entry;
  }

  #set(key: unknown, value: unknown): Versioned {
    checkKey(key);
    const entry = { version: ++this.#lastVersion, value };
    if (this.#keys !== undefined && !this.#entries.has(key)) this.#noteKey(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #take(action: string, key: DictKey): unknown {
    const { value } = this.#findPresent(action, key);
    this.#entries.delete(key);
    return value;
  }

  #popItem(): [DictKey, unknown] {
    if (this.#entries.size === 0) throw new RangeError("Cannot pop an item: the dict is empty");
    this.#keys ??= [...this.#entries.keys()];
    let key: DictKey;
    do key = this.#keys.pop()!; while (!this.#entries.has(key));
    return [key, this.#take("pop", key)];
  }

  /** When more keys were deleted than are there, the list is made again as soon as it is needed. */
  #noteKey(key: DictKey): void {
    if (this.#keys!.length > 2 * this.#entries.size + MOST_DELETED) this.#keys = undefined;
    // As a Map keeps -0.
    else this.#keys!.push(key === 0 ? 0 : key);
  }

  /** All or nothing: the keys are checked before any of them is set. */
  #merge(entries: unknown): void {
    const arePairs = isDense(entries) && entries.every((entry) => Array.isArray(entry) && entry.length === 2);
    if (!arePairs) throw new TypeError("Cannot merge: an object, a Map or pairs of key and value are wanted");
    const pairs = entries as [unknown, unknown][];
    for (const [key] of pairs) checkKey(key);
    for (const [key, value] of pairs) this.#set(key, value);
  }

  #add(key: unknown, amount: unknown): number | bigint {
    const { value } = this.#find(key) ?? { value: typeof amount === "bigint" ? 0n : 0 };
    const total = sum(value, amount);
    this.#set(key, total);
    return total;
  }
}
