/** Errors as data: class, name, message, stack, own fields, cause. Nothing an error does can make this fail. */

import { brandOf } from "../../copies.ts";
import * as corral from "../../errors.ts";
import { type JsonObject, malformed, pairsIn, textOf } from "./checks.ts";
import { builtInName } from "./realms.ts";
import { ERROR_FIELD_COST, ERROR_LEVELS, type ErrorTag } from "./tags.ts";

const MAX_TEXT_UNITS = 64 * 1024;
const MAX_NAME_UNITS = 1024;

/** Encodes what an error holds. */
export interface FieldEncoder {
  /** The node of a value, or `undefined` when it cannot travel. */
  tryEncodeAt(step: string, value: unknown, depth: number): unknown;
  /** What the tree costs its receiver. */
  cost: number;
}

/** Decodes what an error holds. */
export interface FieldDecoder {
  /** Makes an object known before what it holds is decoded. */
  register(object: object, depth: number): void;
  /** The value of a node. */
  decode(node: unknown, depth: number): unknown;
  /** Counts what a part of the tree costs. */
  pay(cost: number): void;
}

type AnyErrorClass = { readonly prototype: Error };
type ErrorFactory = (message: string, name: string) => Error;

interface ErrorKind {
  readonly prototype: Error;
  readonly build: ErrorFactory;
  /** What errors of this class hold beside fields and cause, in properties that cannot be enumerated. */
  readonly parts: readonly string[];
}

/** What V8 and Deno have, and the `lib` of a program's compilerOptions may not: from a clone, they hold for these sources as well. */
const { QuotaExceededError } = globalThis as unknown as { QuotaExceededError: new (message: string) => Error };

/** What travels by class. A class missing here arrives as its nearest ancestor that is here. */
const kinds: ReadonlyMap<string, ErrorKind> = new Map([
  ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map(simpleKind),
  ...[corral.WorkerExitError, corral.WorkerStartError, corral.OutOfMemoryError, corral.ProtocolError].map(simpleKind),
  ...[corral.TimeoutError, corral.FunctionNotFoundError, corral.PermissionError].map(simpleKind),
  ...[corral.PoolClosedError, corral.BrokenPoolError, corral.CancelledError].map(simpleKind),
  ...[corral.QueueFullError, corral.QueueEmptyError, corral.BrokenBarrierError].map(simpleKind),
  ...[corral.ClosedError, corral.EndOfStreamError].map(simpleKind),
  kind("PoisonTaskError", corral.PoisonTaskError, (message) => new corral.PoisonTaskError(message, 0)),
  kind("TaskTimeoutError", corral.TaskTimeoutError, (message) => new corral.TaskTimeoutError(message, 0)),
  kind("EncodingError", corral.EncodingError, (message) => new corral.EncodingError(message, "$")),
  kind("PayloadTooLargeError", corral.PayloadTooLargeError, (text) => new corral.PayloadTooLargeError(text, 0, 0)),
  // A program that runs without a compiler (--v8-flags=--jitless) has no WebAssembly.
  ...(typeof WebAssembly === "undefined"
    ? []
    : [WebAssembly.CompileError, WebAssembly.LinkError, WebAssembly.RuntimeError].map(simpleKind)),
  kind("AggregateError", AggregateError, (message) => new AggregateError([], message), ["errors"]),
  kind("SuppressedError", SuppressedError, (message) => new SuppressedError(undefined, undefined, message), [
    "error",
    "suppressed",
  ]),
  kind("QuotaExceededError", QuotaExceededError, (message) => new QuotaExceededError(message), ["quota", "requested"]),
  kind("DOMException", DOMException, (message, name) => new DOMException(message, name)),
  ...Object.entries(Deno.errors).map(([name, errorClass]) =>
    kind(`Deno.errors.${name}`, errorClass, (message) => new errorClass(message))
  ),
]);

const namesByPrototype: ReadonlyMap<object, string> = new Map(
  Array.from(kinds, ([name, { prototype }]) => [prototype, name]),
);

/** Builds the tag of an error that was met `depth` objects deep. */
export function encodeError(error: Error, encoder: FieldEncoder, depth: number): ErrorTag {
  const stack = read(error, "stack");
  const className = classNameOf(error);
  const parts = partsOf(className);
  const keys = ownKeysOf(error, Object.keys);
  // Both sides go through all fields in this order, since objects are numbered on the way.
  const fields = encodeFields(error, keys, parts, encoder, depth);
  const hiddenKeys = [];
  for (const key of ownKeysOf(error, Object.getOwnPropertyNames)) if (!keys.includes(key)) hiddenKeys.push(key);
  const hiddenFields = encodeFields(error, hiddenKeys, parts, encoder, depth);
  return {
    $: "error",
    c: className,
    n: truncate(textFrom(read(error, "name") ?? "Error"), MAX_NAME_UNITS),
    m: truncate(textFrom(read(error, "message") ?? ""), MAX_TEXT_UNITS),
    s: typeof stack === "string" ? truncate(stack, MAX_TEXT_UNITS) : null,
    f: fields,
    ...encodeParts(error, parts, encoder, depth, hiddenFields),
  };
}

function encodeFields(
  error: Error,
  keys: readonly string[],
  parts: readonly string[],
  encoder: FieldEncoder,
  depth: number,
): unknown[] {
  const fields: unknown[] = [];
  for (const key of keys) {
    if (isOwnAffair(key) || parts.includes(key)) continue;
    const node = encoder.tryEncodeAt(key, read(error, key), depth + ERROR_LEVELS);
    if (node !== undefined) fields.push(key, node);
  }
  encoder.cost += (fields.length >> 1) * ERROR_FIELD_COST;
  return fields;
}

/** Rebuilds an error from its tag. */
export function decodeError(tag: JsonObject, decoder: FieldDecoder, depth: number): Error {
  const name = truncate(textOf(tag.n), MAX_NAME_UNITS);
  const error = buildError(textOf(tag.c), truncate(textOf(tag.m), MAX_TEXT_UNITS), name);
  decoder.register(error, depth);
  const stack = tag.s === null ? `${name}: ${error.message}` : truncate(textOf(tag.s), MAX_TEXT_UNITS);
  define(error, "stack", stack, false);
  const fields = pairsIn(tag.f);
  decoder.pay((fields.length >> 1) * ERROR_FIELD_COST);
  for (let i = 0; i < fields.length; i += 2) {
    const field = textOf(fields[i]);
    if (isOwnAffair(field)) throw malformed(`an error has the field ${JSON.stringify(field)}`);
    define(error, field, decoder.decode(fields[i + 1], depth + ERROR_LEVELS), true);
  }
  if (Object.hasOwn(tag, "p")) decodeParts(error, tag, decoder, depth);
  return error;
}

function decodeParts(error: Error, tag: JsonObject, decoder: FieldDecoder, depth: number): void {
  const names = partsOf(textOf(tag.c));
  const parts = pairsIn(tag.p);
  for (let i = 0; i < parts.length; i += 2) {
    const [part, node] = [textOf(parts[i]), parts[i + 1]];
    if (names.includes(part)) define(error, part, decodePart(part, node, decoder, depth + ERROR_LEVELS), false);
    else if (isOwnAffair(part)) throw malformed(`an error has the part ${JSON.stringify(part)}`);
    else {
      decoder.pay(ERROR_FIELD_COST);
      define(error, part, decoder.decode(node, depth + ERROR_LEVELS), false);
    }
  }
}

function buildError(className: string, message: string, name: string): Error {
  const kind = kinds.get(className);
  if (kind === undefined) throw malformed("an error has an unknown class");
  const error = withoutStack(() => kind.build(message, name));
  if (error.name !== name) define(error, "name", name, false);
  return error;
}

/**
 * Builds an error whose own stack nobody will see: to take it costs several times as much as the rest. With a limit of undefined, V8
 * does not even begin, and the error has no stack at all.
 */
export function withoutStack<E extends Error>(build: () => E): E {
  const stackTraceLimit: unknown = Reflect.get(Error, "stackTraceLimit");
  try {
    // User code may have frozen it: then it has its stack.
    Reflect.set(Error, "stackTraceLimit", undefined);
    return build();
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

/** The cause of any error, and what its class has besides. */
function partsOf(className: string): readonly string[] {
  return ["cause", ...kinds.get(className)?.parts ?? []];
}

function encodeParts(
  error: Error,
  names: readonly string[],
  encoder: FieldEncoder,
  depth: number,
  parts: unknown[],
): { p?: unknown[] } {
  for (const name of names) {
    const value = read(error, name);
    // The parts of some classes are getters of their prototype.
    if (!has(error, name) && (name === "cause" || value === undefined)) continue;
    // One that cannot travel must not take the others with it.
    const node = name === "errors" && Array.isArray(value)
      ? Array.from(value, (item) => encodeOrDescribe(name, item, encoder, depth))
      : encodeOrDescribe(name, value, encoder, depth);
    parts.push(name, node);
  }
  return parts.length === 0 ? {} : { p: parts };
}

function decodePart(name: string, node: unknown, decoder: FieldDecoder, depth: number): unknown {
  return name === "errors" && Array.isArray(node)
    ? Array.from(node, (item) => decoder.decode(item, depth))
    : decoder.decode(node, depth);
}

function encodeOrDescribe(step: string, value: unknown, encoder: FieldEncoder, depth: number): unknown {
  const node = encoder.tryEncodeAt(step, value, depth + ERROR_LEVELS);
  return node === undefined ? truncate(textFrom(value), MAX_TEXT_UNITS) : node;
}

function classNameOf(error: Error): string {
  let prototype: object | null = Object.getPrototypeOf(error);
  while (prototype !== null) {
    const name = namesByPrototype.get(prototype) ?? knownNameOf(prototype);
    if (name !== undefined) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return "Error";
}

/** The name of an error class of ours that another copy of this library made, or of a built-in one of another realm. */
function knownNameOf(prototype: object): string | undefined {
  const name = brandOf(prototype) ?? builtInName(prototype);
  return name !== undefined && kinds.has(name) ? name : undefined;
}

/** What an error holds that does not travel as a field: it has a place of its own. */
function isOwnAffair(key: string): boolean {
  return key === "name" || key === "message" || key === "stack" || key === "cause";
}

function simpleKind(errorClass: AnyErrorClass & (new (message: string) => Error)): [string, ErrorKind] {
  // A minifier renames classes.
  return kind(brandOf(errorClass.prototype) ?? errorClass.name, errorClass, (message) => new errorClass(message));
}

function kind(
  name: string,
  errorClass: AnyErrorClass,
  build: ErrorFactory,
  parts: readonly string[] = [],
): [string, ErrorKind] {
  return [name, { prototype: errorClass.prototype, build, parts }];
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

function ownKeysOf(error: Error, list: (error: Error) => string[]): string[] {
  try {
    return list(error);
  } catch {
    return [];
  }
}

function has(error: Error, key: string): boolean {
  try {
    return Object.hasOwn(error, key);
  } catch {
    return false;
  }
}

function read(error: Error, key: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function textFrom(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "(a value that cannot be shown)";
  }
}

function truncate(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  const note = ` … (cut, it had ${text.length} characters)`;
  return text.slice(0, maxUnits - note.length) + note;
}
