import type { LongOperation, Operation, SharedObject } from "../../hub/shared_object.ts";
import type { Caller } from "../../hub/wait_queue.ts";
import { checkKey, type DictKey, isDense, sum } from "../checks.ts";
import { shown } from "../../shown.ts";
import { copyOf, copyOfEntries, type Versioned } from "../call.ts";
import { Kept, sizeOfEntry } from "../kept_bytes.ts";

/** The version of what is not there: one that no write ever gets. */
const ABSENT: Versioned = { version: 0, value: undefined };

const OWNER: Caller = { process: "", task: 0 };

/** How many keys that were deleted a small dict keeps. */
const MOST_DELETED = 64;

/** The owner's side of a dict or a namespace. What it stores is replaced, never changed in place. */
export class DictObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    get: (_caller, _wait, key, fallback) => (this.#find(key) ?? { value: fallback }).value,
    getPresent: (_caller, _wait, key) => this.#findPresent("get", key).value,
    set: (caller, _wait, key, value) => void this.#set(caller, key, value),
    has: (_caller, _wait, key) => this.#find(key) !== undefined,
    delete: (_caller, _wait, key) => this.#find(key) !== undefined && this.#remove(key),
    deletePresent: (_caller, _wait, key) => void this.#take("delete", key),
    pop: (_caller, _wait, key, ...fallback) => {
      return fallback.length > 0 && this.#find(key) === undefined ? fallback[0] : this.#take("pop", key);
    },
    popItem: () => this.#popItem(),
    setDefault: (caller, _wait, key, value) => (this.#find(key) ?? this.#set(caller, key, value)).value,
    merge: (caller, _wait, entries) => this.#merge(caller, entries),
    add: (caller, _wait, key, amount) => this.#add(caller, key, amount),
    read: (_caller, _wait, key) => this.#find(key) ?? ABSENT,
    write: (caller, _wait, key, version, value) => {
      const entry = this.#find(key) ?? ABSENT;
      if (entry.version !== version) return entry;
      this.#set(caller, key, value);
      return undefined;
    },
    size: () => this.#entries.size,
    clear: () => {
      this.#entries.clear();
      this.#kept.forget();
      this.#keys = undefined;
    },
  };
  readonly longOperations: Record<string, LongOperation> = {
    keys: (caller) => copyOfEntries(caller, this.#entries, (key) => key),
    values: (caller) => copyOfEntries(caller, this.#entries, (_key, { value }) => value),
    entries: (caller) => copyOfEntries(caller, this.#entries, (key, { value }) => [key, value]),
  };
  readonly copies: ReadonlySet<string> = new Set(["keys", "values", "entries"]);
  readonly #missing: string;
  readonly #entries = new Map<DictKey, Versioned>();
  readonly #kept: Kept;
  #lastVersion = 0;
  /**
   * The keys in order, from the first `popItem()` on: a Map can be walked from its beginning only. A key that was deleted stays here; one that
   * was set again has a later place, too.
   */
  #keys: DictKey[] | undefined;

  /** `missing` is what messages say about a key that is not there. */
  constructor(entries: readonly (readonly [DictKey, unknown])[], missing: string) {
    this.#missing = missing;
    this.#kept = Kept.of(this);
    this.#merge(OWNER, copyOf(entries));
  }

  close(): void {
    this.#kept.forget();
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

  #set(caller: Caller, key: unknown, value: unknown): Versioned {
    checkKey(key);
    const before = this.#entries.get(key);
    this.#kept.replace(caller, before === undefined ? 0 : sizeOfEntry(key, before.value), sizeOfEntry(key, value));
    return this.#put(key, value);
  }

  #put(key: DictKey, value: unknown): Versioned {
    const entry = { version: ++this.#lastVersion, value };
    if (this.#keys !== undefined && !this.#entries.has(key)) this.#noteKey(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #take(action: string, key: DictKey): unknown {
    const { value } = this.#findPresent(action, key);
    this.#remove(key);
    return value;
  }

  #remove(key: DictKey): boolean {
    this.#kept.remove(sizeOfEntry(key, this.#entries.get(key)!.value));
    return this.#entries.delete(key);
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

  /** All or nothing: all is checked before anything is set. */
  #merge(caller: Caller, entries: unknown): void {
    const arePairs = isDense(entries) && entries.every((entry) => Array.isArray(entry) && entry.length === 2);
    if (!arePairs) throw new TypeError("Cannot merge: an object, a Map or pairs of key and value are wanted");
    const pairs = entries as [unknown, unknown][];
    let [removed, added] = [0, 0];
    const last = new Map(pairs as [DictKey, unknown][]);
    for (const [key, value] of last) {
      checkKey(key);
      const before = this.#entries.get(key);
      if (before !== undefined) removed += sizeOfEntry(key, before.value);
      added += sizeOfEntry(key, value);
    }
    this.#kept.replace(caller, removed, added);
    for (const [key, value] of last) this.#put(key, value);
  }

  #add(caller: Caller, key: unknown, amount: unknown): number | bigint {
    const { value } = this.#find(key) ?? { value: typeof amount === "bigint" ? 0n : 0 };
    const total = sum(value, amount);
    this.#set(caller, key, total);
    return total;
  }
}
