/** What the decoders require of a parsed tree, and the error when it is not so. */

import { ProtocolError } from "../../errors.ts";

/** What JSON.parse makes of an object: own data properties only. */
export type JsonObject = { readonly [key: string]: unknown };

/** The error for a tree that this library did not write. */
export function malformed(detail: string, cause?: unknown): ProtocolError {
  return new ProtocolError(`Cannot read value: ${detail}`, cause === undefined ? {} : { cause });
}

/** Requires a string. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw malformed("a text is missing");
}

/** Requires an array. */
export function arrayOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed("a list is missing");
}

/** Requires an even number of items, and goes through them by two. */
export function* pairsOf(items: unknown[]): Generator<[unknown, unknown], void, undefined> {
  if (items.length % 2 !== 0) throw malformed("a list of pairs has an odd length");
  for (let i = 0; i < items.length; i += 2) yield [items[i], items[i + 1]];
}

/** Requires a number. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  throw malformed("a number is missing");
}

/** Requires an object that is no array. */
export function recordOf(value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw malformed("an object is missing");
}
