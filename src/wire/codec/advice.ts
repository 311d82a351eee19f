/** Says of an object that cannot travel what to send instead. Nothing that it advises loses data. */

import { brandOf } from "../../copies.ts";
import { builtInName, isRawJson, isRecord } from "./realms.ts";

const PRIMITIVE = "send the primitive, value.valueOf()";
const ENTRIES = "send its entries, [...value]";
const SIGNAL = 'pass it as the option "signal" of the call';
const STREAM = "send what it yields, await Array.fromAsync(value)";

const ADVICE: Readonly<Record<string, string>> = {
  Promise: "await it first",
  Blob: "send its parts, such as await value.bytes() and value.type",
  File: "send its parts, such as await value.bytes(), value.name and value.type",
  Request: "send its parts, such as value.url and await value.bytes()",
  Response: "send its parts, such as value.status and await value.bytes()",
  Headers: ENTRIES,
  FormData: ENTRIES,
  URLPattern: "send its parts, such as value.pathname",
  ImageData: "send its parts, value.data, value.width and value.height",
  Event: "send its parts, such as value.type",
  CryptoKey: "send what crypto.subtle.exportKey() makes of it",
  MessagePort: "use a Pipe or a Queue of this library",
  BroadcastChannel: "use a Pipe or a Queue of this library",
  "WebAssembly.Module": "send the bytes that it is made of",
  "WebAssembly.Memory": "send its bytes, value.buffer",
  WeakRef: "send what it refers to, value.deref()",
  URLSearchParams: "send its text, value.toString()",
  ReadableStream: STREAM,
  AsyncGenerator: STREAM,
  Number: PRIMITIVE,
  String: PRIMITIVE,
  Boolean: PRIMITIVE,
  BigInt: PRIMITIVE,
  AbortSignal: SIGNAL,
  AbortController: SIGNAL,
  Map: "send an ordinary Map, new Map(value)",
  Set: "send an ordinary Set, new Set(value)",
  Date: "send an ordinary Date, new Date(value)",
  RegExp: "send an ordinary RegExp, new RegExp(value)",
  URL: "send an ordinary URL, new URL(value)",
  // Of this library.
  Pool: "make one where it is used",
  ProcessPoolExecutor: "make one where it is used",
  Manager: "send what it has made, such as a dict",
  Process: "send what is to be known of it, such as value.pid",
  Future: "await it first",
  AsyncResult: "await it first",
  Guard: "send the lock, and acquire it there",
};

/** What is wrong with an instance of a class that does not travel, and the way out where there is one. */
export function describeInstance(value: object): string {
  if (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer) {
    return "a SharedArrayBuffer, memory cannot be shared between processes, send a copy";
  }
  if (isRawJson(value)) return "a raw JSON text, only data can travel, send the text, value.rawJSON";
  if (Array.isArray(value) && (value as { toJSON?: unknown }).toJSON !== undefined) {
    return "an array with a method toJSON(), which would change it on the way, send an array without";
  }
  const className = classOf(value);
  if (Array.isArray(value)) return `an instance of ${className}, send an ordinary array such as Array.from(value)`;
  if (className === "Object") {
    return "an object that inherits from another one, only data can travel, send all as one plain object";
  }
  return `an instance of ${className}, only data can travel, ${advise(value)}`;
}

/** The name of a value's class. That of generators has none, but a tag. */
function classOf(value: object): string {
  const names: unknown[] = [Object.getPrototypeOf(value)?.constructor?.name, tagOf(value)];
  return names.find((name): name is string => typeof name === "string" && name !== "") ?? "an unnamed class";
}

function tagOf(value: object): unknown {
  return (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
}

function advise(value: object): string {
  const tag = tagOf(value);
  if (typeof tag === "string" && tag.startsWith("Intl.") && "resolvedOptions" in value) {
    return "make it in the worker, from what value.resolvedOptions() tells";
  }
  if (typeof tag === "string" && tag.startsWith("Temporal.")) {
    return `send its text, value.toString(), and make it again with ${tag}.from(text)`;
  }
  const known = ADVICE[knownClassOf(value) ?? ""] ?? (typeof tag === "string" ? ADVICE[tag] : undefined);
  if (known !== undefined) return known;
  if (value instanceof Iterator) return "send its items, Array.from(value)";
  return holdsFieldsOnly(value) ? "send a plain object such as { ...value }" : "send what it holds as plain data";
}

/** The nearest class of the language or of this library that the table knows: a subclass of Map is a Map. */
function knownClassOf(value: object): string | undefined {
  for (let prototype = Object.getPrototypeOf(value); prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const name = brandOf(prototype) ?? builtInName(prototype) ?? globalNameOf(prototype);
    if (name !== undefined && Object.hasOwn(ADVICE, name)) return name;
  }
  return undefined;
}

/** Classes of the web are not native functions in Deno. */
function globalNameOf(prototype: object): string | undefined {
  const name: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value?.name;
  return typeof name === "string" && Reflect.get(globalThis, name)?.prototype === prototype ? name : undefined;
}

/** Whether all that an object holds is in fields that `{ ...value }` copies, as far as that can be seen. */
function holdsFieldsOnly(value: object): boolean {
  const hidden = Reflect.ownKeys(value).filter((key) =>
    typeof key === "symbol" || !Object.getOwnPropertyDescriptor(value, key)?.enumerable
  );
  if (hidden.length > 0 || Object.keys(value).length === 0) return false;
  let prototype = Object.getPrototypeOf(value);
  for (; prototype !== null && !isRecordPrototype(prototype); prototype = Object.getPrototypeOf(prototype)) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
    // A class with private names keeps data where nobody else can read it; a built-in one may.
    const text = typeof constructor === "function" ? Function.prototype.toString.call(constructor) : "";
    if (text === "" || /#[\p{ID_Start}$_]|\[native code\]/u.test(text)) return false;
  }
  return true;
}

function isRecordPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && isRecord(Object.create(prototype));
}
