/**
 * How messages are written and read.
 *
 * A message is a JSON array whose first element names its kind. A user's value takes two places: `tagged` (0 for plain JSON, 1 for the codec's
 * tagged form) and the value's JSON itself, so that a plain value is written and read without being walked. Texts are put together by hand:
 * `JSON.stringify` of the whole would walk what has been encoded already. Each writer stands beside the tuple that it writes. See
 * `docs/decisions/wire.md`.
 */
import { ProtocolError } from "../../errors.ts";
import type { Encoded } from "../codec/codec.ts";

/** 0 when the value that follows is plain JSON, 1 when it is in the codec's tagged form. */
export type Tagged = 0 | 1;

/** Ends a message with a user's value, and nothing behind it. */
export function withValue(head: string, { tagged, text }: Encoded): string {
  return head + (tagged ? ",1," : ",0,") + text + "]";
}

/** Ends a message with a user's value, and with `last` behind it when that is known. */
export function withValueAnd(head: string, { tagged, text }: Encoded, last: number | string | undefined): string {
  const tail = last === undefined ? "]" : `,${typeof last === "string" ? JSON.stringify(last) : last}]`;
  return head + (tagged ? ",1," : ",0,") + text + tail;
}

/** Parses the text of a frame. Throws ProtocolError when it is not a message at all. */
export function parseMessage(text: string): [kind: string, ...rest: unknown[]] {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("a frame is not JSON", { cause });
  }
  if (Array.isArray(message) && typeof message[0] === "string") return message as [string, ...unknown[]];
  throw new ProtocolError("a frame is not a message");
}

/** The error for a message of a known kind that does not have its shape. */
export function malformedMessage(kind: string): ProtocolError {
  return new ProtocolError(`${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind} message is malformed`);
}

/** Whether a value stands for one of this library's numbers: of a task, a request, a function. */
export function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

/** Whether a value is a `Tagged`. */
export function isTagged(value: unknown): value is Tagged {
  return value === 0 || value === 1;
}
