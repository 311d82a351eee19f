/** What the lines that one process sends may cost the other, and the errors when they cost more. */

import type { PayloadTooLargeError } from "../../errors.ts";
import type { LinePart } from "../framing/line_part.ts";
import { messageTooLarge } from "../unsendable.ts";
import { MAX_LINE_BYTES } from "./line_writer.ts";
import { DIGITS_PER_COST, ERROR_COST, HANDLE_COST, MAX_TREE_COST, PARSED_COST } from "./tags.ts";

/** What the lines of one part may cost their receiver. */
export interface LineLimits {
  /** How large one string may be, in bytes of its text. */
  readonly maxStringBytes: number;
  /** How much memory all values may take, as it is estimated. */
  readonly maxValueBytes: number;
}

/** A string this long is parsed in some 30 ms. */
const SAFE_STRING_BYTES = 32 * 1024 * 1024;
/** Fits every heap. */
const SAFE_VALUE_BYTES = 32 * 1024 * 1024;
/** No value takes more memory than so many times its text: measured with empty objects, and with objects of a new key each. */
const MOST_BYTES_PER_BYTE = 20;
/** What a container, an item or a key takes at most, beside its text. */
const BYTES_PER_MARK = 48;
const [LINE_FEED, QUOTE, COMMA, COLON, BRACKET, BRACE] = [10, 34, 44, 58, 91, 123] as const;

/** The limits that go with a limit for frames. */
export function lineLimits(maxFrameBytes: number): LineLimits {
  return {
    maxStringBytes: Math.max(maxFrameBytes / 8, Math.min(maxFrameBytes, SAFE_STRING_BYTES)),
    maxValueBytes: Math.max(maxFrameBytes, SAFE_VALUE_BYTES),
  };
}

/** The same for a receiver whose heap is small. */
export function receiverLimits(maxFrameBytes: number, heapBytes: number): LineLimits {
  const { maxStringBytes, maxValueBytes } = lineLimits(maxFrameBytes);
  return { maxStringBytes, maxValueBytes: Math.min(maxValueBytes, Math.max(SAFE_VALUE_BYTES, heapBytes / 4)) };
}

/** How much memory so many numbers take. */
export function numbersValueBytes(count: number): number {
  return count * 8;
}

/** Requires that a receiver may have a list of so many numbers. Throws PayloadTooLargeError. */
export function requireNumbersFit(count: number, limits: LineLimits): void {
  const size = numbersValueBytes(count);
  if (size > limits.maxValueBytes) throw valuesTooLarge("receive", size, limits);
}

/** Whether a part of so many bytes must be looked at: no small one exceeds the limits. */
export function mayExceed(byteLength: number, { maxStringBytes, maxValueBytes }: LineLimits): boolean {
  return byteLength * MOST_BYTES_PER_BYTE > maxValueBytes || byteLength > maxStringBytes;
}

/** About how much memory the values of whole lines take at most. */
export function valueBytesOf(bytes: Uint8Array): number {
  let size = bytes.length;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, start) + 1;
    size += besideText(bytes, start, end);
    start = end;
  }
  return size;
}

/** What the values of one line take beside its text. */
function besideText(bytes: Uint8Array, start: number, end: number): number {
  const isText = bytes[start] === QUOTE;
  if (isText && end - start > MAX_LINE_BYTES) return end - start;
  let marks = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === COMMA || byte === COLON || byte === BRACKET || byte === BRACE) marks++;
  }
  // In a line that is one string they mark nothing; a character may take two bytes.
  return isText ? Math.min(end - start, marks * BYTES_PER_MARK) : marks * BYTES_PER_MARK;
}

/** Checks lines before they are sent. Throws PayloadTooLargeError. */
export function requireLinesFit(lines: LinePart, limits: LineLimits): void {
  if (lines.cost > MAX_TREE_COST) throw tooDear("send", lines.cost, MAX_TREE_COST);
  if (lines.valueBytes > limits.maxValueBytes) throw valuesTooLarge("send", lines.valueBytes, limits);
  if (lines.valueBytes > 0) return;
  if (!mayExceed(lines.length, limits)) return;
  let valueBytes = 0;
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(LINE_FEED, start) + 1;
    if (end - start > limits.maxStringBytes) throw stringTooLarge("send", end - start, limits);
    valueBytes += valueBytesOf(lines.subarray(start, end));
    start = end;
  }
  if (valueBytes > limits.maxValueBytes) throw valuesTooLarge("send", valueBytes, limits);
}

/** The error for one string above the limit. */
export function stringTooLarge(
  action: "send" | "receive",
  size: number,
  { maxStringBytes }: LineLimits,
): PayloadTooLargeError {
  return tooCostly(action, `a text of ${size} bytes`, size, maxStringBytes);
}

/** The error for values that would take too much memory. */
export function valuesTooLarge(
  action: "send" | "receive",
  size: number,
  { maxValueBytes }: LineLimits,
): PayloadTooLargeError {
  return tooCostly(action, `values that take about ${size} bytes`, size, maxValueBytes);
}

/** The error for too many objects that are decoded at once. */
export function tooDear(action: "send" | "receive", cost: number, limit: number): PayloadTooLargeError {
  return messageTooLarge(
    action,
    `an error, a list with holes, or a value of more than plain data with bytes or shared objects inside, has more ` +
      `than ${limit} objects (a URL counts as ${PARSED_COST}, an error as ${ERROR_COST}, a shared object as ${HANDLE_COST}, ` +
      `${DIGITS_PER_COST} hexadecimal digits of a bigint as one), send it in parts`,
    cost,
    limit,
  );
}

function tooCostly(action: "send" | "receive", what: string, size: number, limit: number): PayloadTooLargeError {
  const rounded = Math.floor(limit);
  return messageTooLarge(
    action,
    `it holds ${what}, at most ${rounded} are allowed, send it in parts, or as bytes, or raise maxFrameBytes`,
    size,
    rounded,
  );
}
