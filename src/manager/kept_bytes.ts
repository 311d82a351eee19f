/** How much memory other processes may have this one keep for them, in lists, dicts, namespaces and values. See `docs/decisions/hub_bounds.md`. */
import { type ForeignBytes, foreignBytes } from "../hub/requests/askers.ts";
import { isHandle } from "../hub/handle.ts";
import type { Caller } from "../hub/wait_queue.ts";
import { heapBytes, textBytes } from "../wire/heap.ts";
import { placesAmongHoles } from "../wire/codec/realms.ts";

/** What a value costs beside its content, as it was measured: a place in an array, an object, a field, a handle. */
const [PLACE_BYTES, OBJECT_BYTES, FIELD_BYTES, HANDLE_BYTES] = [16, 64, 64, 512] as const;
const [TEXT_BYTES, TABLE_BYTES, DATE_BYTES, SLOT_BYTES, ERROR_BYTES] = [32, 160, 48, 8, 800] as const;
/** With more holes than that, the engine keeps numbered fields as others. */
const MOST_PLACES_PER_INDEX = 36;
/** A value of fewer parts is measured without a look at which of them are the same. */
const FEW_PARTS = 4096;
/** Fits every heap: how large this one is, is asked above that only. */
const SAFE_BYTES = 16 * 1024 * 1024;

/** What all objects of this process keep that others have put there. */
export class KeptTotal {
  #bytes = 0;
  #limit: number | undefined;
  readonly #all: ForeignBytes | undefined;

  /**
   * @param limit How many bytes there may be. @default a quarter of the heap
   * @param all What counts this, and what waits in queues and pipes.
   */
  constructor(limit?: number, all?: ForeignBytes) {
    this.#limit = limit;
    this.#all = all;
  }

  /** So much more, or less. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#all?.add("", bytes);
  }

  /** Throws RangeError when others would keep too much here. */
  requireRoom(bytes: number): void {
    if (this.#all !== undefined && !this.#all.has(bytes)) throw tooMuchInAll(this.#all.limitMiB);
    const sum = this.#bytes + bytes;
    if (sum <= SAFE_BYTES && this.#limit === undefined) return;
    const limit = this.#limit ??= Math.max(SAFE_BYTES, heapBytes() / 4);
    if (sum > limit) throw tooMuch(sum, limit);
  }
}

const total = new KeptTotal(undefined, foreignBytes);
/** An object may be collected without being closed. */
const collected = new FinalizationRegistry<Kept>((kept) => kept.forget());

/** What one object keeps, and how much of that other processes have put there. The owner may fill its own memory as far as it likes. */
export class Kept {
  readonly #total: KeptTotal;
  #bytes = 0;
  /** Of those, what the owner has put there. */
  #own = 0;

  constructor(ofAll: KeptTotal = total) {
    this.#total = ofAll;
  }

  /** What an object keeps, until that is collected. */
  static of(object: object, ofAll?: KeptTotal): Kept {
    const kept = new Kept(ofAll);
    collected.register(object, kept);
    return kept;
  }

  /** The owner has made the object with this in it. */
  begin(bytes: number): void {
    this.#change(bytes, bytes);
  }

  /** Requires room for something, and notes it. Throws RangeError when another process would keep too much here: then nothing may change. */
  add(caller: Caller, bytes: number): void {
    const isOwner = caller.process === "";
    if (!isOwner) this.#total.requireRoom(bytes);
    this.#change(bytes, isOwner ? bytes : 0);
  }

  /** The same where something else goes. */
  replace(caller: Caller, removed: number, added: number): void {
    if (caller.process !== "" && added > removed) this.#total.requireRoom(added - removed);
    this.remove(removed);
    this.#change(added, caller.process === "" ? added : 0);
  }

  /** Something is not there any more. */
  remove(bytes: number): void {
    this.#change(-Math.min(bytes, this.#bytes), 0);
  }

  /** Nothing is there any more. */
  forget(): void {
    this.remove(this.#bytes);
  }

  #change(bytes: number, own: number): void {
    const before = this.#bytes - this.#own;
    this.#bytes += bytes;
    // What is taken away may have been anybody's.
    this.#own = Math.min(this.#own + own, this.#bytes);
    this.#total.add(this.#bytes - this.#own - before);
  }
}

/** About how many bytes of memory a value takes in a list, or a few more. Always the same for the same value. */
export function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return PLACE_BYTES + primitiveSize(value);
  return PLACE_BYTES + (sizeWithin(value, undefined) ?? sizeWithin(value, new Set())!);
}

/** The same of many. */
export function sizeOfAll(values: readonly unknown[]): number {
  let size = 0;
  for (let i = 0; i < values.length; i++) size += sizeOf(values[i]);
  return size;
}

/** What an entry of a dict takes. */
export function sizeOfEntry(key: unknown, value: unknown): number {
  return 2 * OBJECT_BYTES + sizeOf(key) + sizeOf(value);
}

/** Of many parts `undefined`, unless those that were reached are noted: one part may be reached very often. */
function sizeWithin(value: object, reached: Set<object> | undefined): number | undefined {
  const open: object[] = [value];
  let size = 0;
  let parts = 0;
  const add = (part: unknown): void => {
    parts++;
    if (typeof part !== "object" || part === null) size += primitiveSize(part);
    else open.push(part);
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached === undefined && parts > FEW_PARTS) return undefined;
    if (reached !== undefined && reached.size === reached.add(next).size) continue;
    // Not `size +=` of the call: that would forget what `add` adds meanwhile.
    const own = ownSize(next, add);
    size += OBJECT_BYTES + own;
  }
  return size;
}

/** What an object takes beside its parts, each of which is added. */
function ownSize(object: object, add: (part: unknown) => void): number {
  if (isHandle(object)) return HANDLE_BYTES;
  if (Array.isArray(object)) return sizeOfArray(object, add);
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) return HANDLE_BYTES + object.byteLength;
  if (object instanceof Map || object instanceof Set) {
    for (const [key, item] of object.entries()) {
      add(key);
      add(item);
    }
    return TABLE_BYTES + object.size * FIELD_BYTES;
  }
  if (object instanceof Date) return DATE_BYTES;
  if (object instanceof RegExp || object instanceof URL) return HANDLE_BYTES + 4 * String(object).length;
  const isError = object instanceof Error;
  const keys = isError ? Object.getOwnPropertyNames(object) : Object.keys(object);
  let size = (isError ? ERROR_BYTES : 0) + placesOfIndices(keys) * SLOT_BYTES;
  for (const key of keys) {
    size += FIELD_BYTES + textBytes(key);
    add((object as Record<string, unknown>)[key]);
  }
  return size;
}

/** How many places an object has beside its fields: the engine keeps what has a number for its key as in an array, with holes unless they are too many. */
function placesOfIndices(keys: readonly string[]): number {
  // They come first, in ascending order.
  let count = 0;
  while (count < keys.length && String(Number(keys[count]) >>> 0) === keys[count]) count++;
  return count === 0 ? 0 : Math.min(Number(keys[count - 1]) + 1, count * MOST_PLACES_PER_INDEX);
}

function sizeOfArray(array: readonly unknown[], add: (part: unknown) => void): number {
  const places = placesAmongHoles(array);
  if (places === undefined) { for (let i = 0; i < array.length; i++) add(array[i]); }
  else for (const place of places) add(array[place]);
  return (places?.length ?? array.length) * (places === undefined ? PLACE_BYTES : FIELD_BYTES);
}

function primitiveSize(value: unknown): number {
  if (typeof value === "string") return TEXT_BYTES + textBytes(value);
  if (typeof value === "bigint") return TEXT_BYTES + value.toString(16).length;
  return 0;
}

function tooMuchInAll(mebibytes: number): RangeError {
  return new RangeError(
    `Cannot store: what other processes keep in lists, dicts, namespaces and values of the process that owns this one, and in its queues and ` +
      `pipes, would take more than ${mebibytes} MiB. Nothing was changed: remove what is not needed, or take out what waits`,
  );
}

function tooMuch(bytes: number, limit: number): RangeError {
  const [would, most] = [bytes, limit].map((size) => Math.ceil(size / 2 ** 20));
  return new RangeError(
    `Cannot store: what other processes keep in lists, dicts, namespaces and values of the process that owns this one would take ` +
      `${would} MiB, at most ${most} are allowed, a quarter of its heap. Nothing was changed: remove what is not needed, use a queue, or start ` +
      `the program with --v8-flags=--max-old-space-size=<MiB>`,
  );
}
