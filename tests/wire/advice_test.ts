// Unit.
import { assert, assertThrows } from "@std/assert";
import { Manager, Pool, Process } from "../../mod.ts";
import { see } from "../../src/troubles.ts";
import { EncodingError } from "../../src/errors.ts";
import { encode } from "../../src/wire/codec/codec.ts";

class Point {
  constructor(public x: number) {}
}

class Secret {
  shown = 1;
  #hidden = 2;
  sum(): number {
    return this.shown + this.#hidden;
  }
}

function ignore(): void {}

function openedAndClosed(): BroadcastChannel {
  const channel = new BroadcastChannel("x");
  channel.close();
  return channel;
}

const PLAIN = "send what it holds as plain data";

const advised: [what: string, value: () => unknown, advice: string][] = [
  ["fields only", () => new Point(1), "send a plain object such as { ...value }"],
  ["a private field", () => new Secret(), "send what it holds as plain data"],
  ["a private field of a base class", () => new (class extends Secret {})(), "send what it holds as plain data"],
  ["no field", () => new (class Empty {})(), "send what it holds as plain data"],
  ["a hidden field", () => Object.defineProperty(new Point(1), "y", { value: 1 }), "send what it holds as plain data"],
  [
    "a field with a symbol",
    () => Object.assign(new Point(1), { [Symbol("s")]: 1 }),
    "send what it holds as plain data",
  ],
  ["a Promise", () => Promise.resolve(), "await it first"],
  ["a Promise subclass", () => new (class Later extends Promise<void> {})(ignore), "await it first"],
  ["a Blob", () => new Blob(["x"]), "send its parts, such as await value.bytes() and value.type"],
  ["a File", () => new File([], "x"), "send its parts, such as await value.bytes(), value.name and value.type"],
  ["a URLPattern", () => new URLPattern({ pathname: "/" }), "send its parts, such as value.pathname"],
  ["an Event", () => new CustomEvent("x"), "send its parts, such as value.type"],
  ["a WeakRef", () => new WeakRef({}), "send what it refers to, value.deref()"],
  ["a BroadcastChannel", () => openedAndClosed(), "use a Pipe or a Queue of this library"],
  ["a WebAssembly.Memory", () => new WebAssembly.Memory({ initial: 0 }), "send its bytes, value.buffer"],
  ["a plain object behind it", () => Object.create({ x: 1 }), "send all as one plain object"],
  ["a raw JSON text", () => Reflect.get(JSON, "rawJSON")("1e999"), "send the text, value.rawJSON"],
  ["a Response", () => new Response("x"), "send its parts, such as value.status and await value.bytes()"],
  ["a Request", () => new Request("http://x.invalid"), "send its parts, such as value.url and await value.bytes()"],
  ["Headers", () => new Headers(), "send its entries, [...value]"],
  ["FormData", () => new FormData(), "send its entries, [...value]"],
  ["URLSearchParams", () => new URLSearchParams("a=1"), "send its text, value.toString()"],
  ["a generator", () => (function* () {})(), "send its items, Array.from(value)"],
  ["an iterator", () => [1].values(), "send its items, Array.from(value)"],
  ["an iterator helper", () => [1].values().map(String), "send its items, Array.from(value)"],
  ["an async generator", () => (async function* () {})(), "send what it yields, await Array.fromAsync(value)"],
  ["a ReadableStream", () => new ReadableStream(), "send what it yields, await Array.fromAsync(value)"],
  ["a boxed number", () => Object(1), "send the primitive, value.valueOf()"],
  ["a boxed bigint", () => Object(1n), "send the primitive, value.valueOf()"],
  ["an AbortSignal", () => new AbortController().signal, 'pass it as the option "signal" of the call'],
  ["a Map subclass", () => new (class Cache extends Map {})(), "send an ordinary Map, new Map(value)"],
  ["a Date subclass", () => new (class Day extends Date {})(), "send an ordinary Date, new Date(value)"],
  ["a WeakMap", () => new WeakMap(), "send what it holds as plain data"],
  ["a function", () => ignore, "import or make it where it is called"],
  ["a class", () => Point, "import or make it where it is called"],
  ["a symbol", () => Symbol("s"), "send a string"],
  ["a pool", () => new Pool({ workers: 1 }), "make one where it is used"],
  ["a manager", () => new Manager(), "send what it has made, such as a dict"],
  ["a process", () => new Process({ target: ignore }), "send what is to be known of it, such as value.pid"],
  ["a class of the caller's named like one of this library", () => new (class Pool {})(), PLAIN],
  ["an Intl object", () => new Intl.NumberFormat(), "make it in the worker, from what value.resolvedOptions() tells"],
  ["an EventTarget", () => new EventTarget(), "send what it holds as plain data"],
  [
    "a Temporal value",
    () => Temporal.Now.instant(),
    "send its text, value.toString(), and make it again with Temporal.Instant.from(text)",
  ],
];

for (const [what, value, advice] of advised) {
  Deno.test(`encode() advises nothing that loses data when the value has ${what}`, () => {
    const error = assertThrows(() => encode(value()), EncodingError);
    assert(error.message.endsWith(`only data can travel, ${advice}${see("data")}`), error.message);
  });
}
