/** What the decoders require of a parsed tree, and the error when it is not so. */

import { ProtocolError } from "../../errors.ts";
import { MAX_DEPTH, MAX_TREE_DEPTH } from "./tags.ts";

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

/** Requires a list of an even number of items: each two are a pair. */
export function pairsIn(value: unknown): unknown[] {
  const items = arrayOf(value);
  if (items.length % 2 !== 0) throw malformed("a list of pairs has an odd length");
  return items;
}

/** Requires a number. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  throw malformed("a number is missing");
}

/** Requires an object that is not an array. */
export function recordOf(value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw malformed("an object is missing");
}

/** No text that is shorter is nested too deep: each level takes two brackets. */
export const SHALLOW_UNITS: number = 2 * MAX_TREE_DEPTH;

/**
 * Requires that what was parsed of so long a text is not nested deeper than what this library sends, `depth` levels inside
 * another: code that gets it may call itself for each level.
 */
export function requireShallow(parsed: unknown, textUnits: number, depth: number): void {
  if (textUnits < SHALLOW_UNITS - 2 * depth || isWithin(parsed, MAX_TREE_DEPTH - depth)) return;
  throw malformed(`it is nested deeper than ${MAX_DEPTH} levels`);
}

/** A text or a line that is longer holds one value, or little beside one. */
const LONG_UNITS = 68 * 1024;
/** What this library writes so long, but for a line that is one string, has escapes: of commas, colons and brackets it has fewer. */
const MAX_MARKS = 40 * 1024;
const [COMMA, COLON, BRACKET, BRACE] = [44, 58, 91, 123] as const;

/**
 * Requires that JSON text which may be long does not hold many times as many values as this library puts into one: to parse
 * 256 KiB of empty objects takes some 30 ms.
 */
export function requireFewMarks(text: string): void {
  if (text.length <= LONG_UNITS) return;
  let marks = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === COMMA || unit === COLON || unit === BRACKET || unit === BRACE) marks++;
  }
  if (marks > MAX_MARKS) throw malformed(`a text of ${text.length} characters has more than ${MAX_MARKS} values`);
}

function isWithin(parsed: unknown, levels: number): boolean {
  if (typeof parsed !== "object" || parsed === null) return true;
  if (levels <= 0) return false;
  for (const item of Array.isArray(parsed) ? parsed : Object.values(parsed)) {
    if (typeof item === "object" && item !== null && !isWithin(item, levels - 1)) return false;
  }
  return true;
}
