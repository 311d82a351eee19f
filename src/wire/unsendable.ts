/**
 * The errors for what cannot be sent. Who encodes a value does not know what it is for its user; who does makes the error again, out of its parts.
 * An error that another process made has none: it has said already what it is about, and stays as it is.
 */
import { EncodingError, PayloadTooLargeError } from "../errors.ts";
import { see } from "../troubles.ts";

interface Parts {
  /** What is sent; `undefined` until somebody says it. */
  readonly what: string | undefined;
  /** What of it cannot travel, where that is not told by its path. */
  readonly object: string | undefined;
  readonly why: string;
}

/** No name, and not enumerable: neither shown nor sent. */
const PARTS = Symbol("parts");

/** So much of a path stands in a message. */
const MAX_PATH_UNITS = 200;

/** A path as a message shows it: its beginning and its end, when it is long. */
function shownPath(path: string): string {
  if (path.length <= MAX_PATH_UNITS) return path;
  const half = MAX_PATH_UNITS / 2;
  return `${path.slice(0, half)}…${path.slice(-half)}`;
}

/** The error for a value that cannot travel. */
export function notEncodable(path: string, why: string, cause?: unknown): EncodingError {
  return encodingError(path, { what: undefined, object: undefined, why: why + see("data") }, cause);
}

/** The error for an object that cannot travel, wherever it stands. */
export function notSendable(object: string, why: string): EncodingError {
  return encodingError("$", { what: undefined, object, why }, undefined);
}

/** The same error for a value that stands elsewhere: what was encoded is not what its sender gave, but made of it. */
export function movedTo(path: string, error: EncodingError): EncodingError {
  const parts = partsOf(error);
  return parts === undefined ? error : encodingError(path, parts, error.cause);
}

/** The same error, which says what it is whose part cannot travel. */
export function notSending(what: string, error: EncodingError): EncodingError {
  const parts = unnamedPartsOf(error);
  return parts === undefined ? error : encodingError(error.path, { ...parts, what }, error.cause);
}

/** The error for a message that is too large. */
export function messageTooLarge(
  action: "send" | "receive",
  why: string,
  byteLength: number,
  limitBytes: number,
): PayloadTooLargeError {
  return action === "send"
    ? tooLargeError({ what: undefined, object: undefined, why }, byteLength, limitBytes)
    : new PayloadTooLargeError(`Cannot receive message: ${why}`, byteLength, limitBytes);
}

/** Has the error of a message that is too large say what of the user's is in it. Any other is returned as it is. */
export function sayingWhat(error: unknown, what: string): unknown {
  const parts = error instanceof PayloadTooLargeError ? unnamedPartsOf(error) : undefined;
  if (parts === undefined) return error;
  const { byteLength, limitBytes } = error as PayloadTooLargeError;
  return tooLargeError({ ...parts, what }, byteLength, limitBytes);
}

function encodingError(path: string, parts: Parts, cause: unknown): EncodingError {
  const { what, object = shownPath(path), why } = parts;
  // No cause is no property: one that is `undefined` would be printed with the error.
  const options = cause === undefined ? undefined : { cause };
  const prefix = what === undefined ? "" : `${what}: `;
  return withParts(new EncodingError(`Cannot send ${prefix}${object}: ${why}`, path, options), parts);
}

function tooLargeError(parts: Parts, byteLength: number, limitBytes: number): PayloadTooLargeError {
  const { what = "message", why } = parts;
  return withParts(new PayloadTooLargeError(`Cannot send ${what}: ${why}`, byteLength, limitBytes), parts);
}

function withParts<E extends Error>(error: E, parts: Parts): E {
  return Object.defineProperty(error, PARTS, { value: parts });
}

function partsOf(error: Error): Parts | undefined {
  return (error as { readonly [PARTS]?: Parts })[PARTS];
}

/** The parts of one that nobody has named yet. */
function unnamedPartsOf(error: Error): Parts | undefined {
  const parts = partsOf(error);
  return parts?.what === undefined ? parts : undefined;
}
