import { EncodedValue } from "../hub/encoded_value.ts";
import { type Handle, REF } from "../hub/handle.ts";
import { RemoteRef } from "../hub/remote_ref.ts";
import type { Steps } from "../hub/shared_object.ts";
import type { Caller } from "../hub/wait_queue.ts";
import { shown } from "../shown.ts";
import { namingGiven } from "./given.ts";

/** So many items are quickly encoded, if they are small. */
const FEW_ITEMS = 64;
/** So many entries are walked over in about a millisecond. */
const ENTRIES_PER_STEP = 8192;

/** A value, and what tells whether it was changed since. */
export interface Versioned {
  readonly version: unknown;
  readonly value: unknown;
}

/** Calls an operation. Values are copied, in the owner's process too. */
export async function call(handle: Handle, operation: string, args: unknown[]): Promise<unknown> {
  const ref = handle[REF];
  if (ref instanceof RemoteRef) return await ref.call(operation, args);
  return copyOf(await ref.call(operation, copyOf(args)));
}

/**
 * Changes a value that may be anywhere: reads it, computes the new one here, and has the owner store that unless the value
 * changed meanwhile; then it begins again with what it is now. No function runs in another process.
 *
 * @param place What tells the object which value is meant.
 */
export async function changeValue(
  handle: Handle,
  place: unknown[],
  change: (value: never) => unknown,
): Promise<unknown> {
  if (typeof change !== "function") {
    throw new TypeError(
      `Cannot update with ${shown(change)}: a function that makes the new value from the old one is wanted`,
    );
  }
  let current = await call(handle, "read", place) as Versioned;
  while (true) {
    const value = await change(current.value as never);
    const conflict = await namingGiven(
      // Only the value can be something that cannot travel.
      (path) => path.replace(/^\$\[\d+\]/, "$"),
      () => call(handle, "write", [...place, current.version, value]),
      "the new value",
    ) as Versioned | undefined;
    if (conflict === undefined) return value;
    current = conflict;
  }
}

/**
 * A copy as another process would get it; handles stay what they are.
 *
 * What the owner's own process stores and reads is copied too: otherwise it alone could change a stored value from
 * outside, and would learn later than all others that a value cannot travel.
 *
 * @throws {EncodingError} If the value could not travel to another process.
 */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value) && isFlat(value)) return value.slice() as T;
  return EncodedValue.open(EncodedValue.capture(value, true)) as T;
}

/** Whether an array holds primitives only. It ends at the first hole: there may be millions. */
function isFlat(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    if (!isPrimitive(item) || (item === undefined && !(i in array))) return false;
  }
  return true;
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");
}

/**
 * A list for the caller. Other processes may ask for much, and the event loop must turn meanwhile. It is encoded in steps for another
 * process, or as it is for this one.
 */
export function* copyFor(caller: Caller, items: unknown[]): Steps {
  return caller.process === "" || items.length <= FEW_ITEMS ? items : yield* EncodedValue.encodeItems(items);
}

/** The same of what a Map has, which must stay as it is meanwhile. */
export function* copyOfEntries<K, V>(
  caller: Caller,
  entries: ReadonlyMap<K, V>,
  itemOf: (key: K, value: V) => unknown,
): Steps {
  const items: unknown[] = [];
  for (const [key, value] of entries) {
    if (items.push(itemOf(key, value)) % ENTRIES_PER_STEP === 0) yield;
  }
  return yield* copyFor(caller, items);
}
