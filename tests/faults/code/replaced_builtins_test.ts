/** End-to-end: What user code replaces in a worker does not reach the library there. */
import { assertEquals } from "@std/assert";
import { Pool, Queue } from "../../../mod.ts";
import { withInvariants } from "../../helpers/pools/invariants.ts";

/** All at once; `TypedArray` methods and `Function.prototype.call` are left out, which Deno itself needs to read a pipe. */
const REPLACED = [
  "setTimeout clearTimeout setInterval clearInterval setImmediate queueMicrotask Date performance JSON Promise Map Set WeakMap Uint8Array",
  "TextEncoder TextDecoder ArrayBuffer DataView AbortController AbortSignal structuredClone Worker Proxy Blob URL Symbol Error Number Math Reflect",
  "Object Array String RegExp BigInt eval Function DOMException Event EventTarget MessageChannel ReadableStream crypto WebAssembly process Buffer",
  "SyntaxError ReferenceError TypeError RangeError AggregateError EvalError URIError SuppressedError Float64Array Int32Array Atomics FinalizationRegistry WeakRef",
  "addEventListener dispatchEvent reportError isNaN parseInt Deno.errors Deno.core Deno.env Deno.kill Deno.memoryUsage",
  "performance.now Date.now JSON.parse JSON.stringify Promise.resolve Promise.prototype.then Map.prototype.get Map.prototype.set",
  "Map.prototype.has Map.prototype.delete Set.prototype.add Set.prototype.has Array.prototype.push Array.prototype.pop Array.prototype.shift Array.prototype.splice",
  "Array.prototype.slice Array.prototype.at Array.prototype.every Array.prototype.some Array.prototype.join Array.prototype.includes",
  "Array.isArray Array.from TextEncoder.prototype.encode TextEncoder.prototype.encodeInto TextDecoder.prototype.decode Object.keys",
  "Object.entries Object.getPrototypeOf Object.hasOwn Object.assign Object.defineProperty Object.getOwnPropertyDescriptor",
  "Number.isInteger Number.isSafeInteger Math.min Math.floor String.prototype.includes String.prototype.slice String.prototype.startsWith",
  "String.prototype.charCodeAt RegExp.prototype.test Function.prototype.apply Function.prototype.bind Symbol.for WeakMap.prototype.get",
  "Reflect.construct Deno.exit Deno.inspect console.log Array.prototype.map Array.prototype.filter Array.prototype.forEach",
  "Map.prototype.entries Set.prototype.values RegExp.prototype.exec Date.prototype.getTime BigInt.prototype.toString Error.isError",
  "Array.prototype.reduce Array.prototype.indexOf Array.prototype.lastIndexOf Array.prototype.find Array.prototype.fill Array.prototype.concat Array.prototype.keys",
  "String.prototype.indexOf String.prototype.lastIndexOf String.prototype.split String.prototype.replace String.prototype.replaceAll String.prototype.padStart",
  "String.prototype.at String.prototype.endsWith String.prototype.codePointAt Map.prototype.clear Map.prototype.values Map.prototype.keys Map.prototype.forEach",
  "Set.prototype.delete Set.prototype.clear Set.prototype.forEach Object.values Object.fromEntries Object.create Object.getOwnPropertySymbols Object.is",
  "Number.isNaN Number.isFinite Math.max Math.ceil Math.round Reflect.ownKeys Reflect.get Reflect.set Atomics.wait Promise.all Promise.withResolvers",
  "Promise.prototype.catch Promise.prototype.finally WeakMap.prototype.set WeakMap.prototype.has DataView.prototype.getUint32 DataView.prototype.setUint32",
  "Function.prototype.toString Array.prototype.flatMap Array.prototype.findIndex Array.prototype.unshift Array.prototype.reverse Array.prototype.sort",
  "Object.getOwnPropertyNames String.fromCharCode FinalizationRegistry.prototype.register WeakRef.prototype.deref",
].flatMap((line) => line.split(" "));

/** Replaces them by what throws, or gives nonsense, when the task has been answered. */
function replace(paths: string[], value: unknown): void {
  const { setTimeout, Reflect, Error } = globalThis;
  const define = Reflect.defineProperty;
  // Members before what holds them.
  const holders = [...paths].sort((a, b) => b.split(".").length - a.split(".").length).map((path) => {
    const names = path.split(".");
    const last = names.pop()!;
    let holder: unknown = globalThis;
    for (const name of names) holder = (holder as Record<string, unknown>)[name];
    return [holder as object, last] as const;
  });
  const evil = (): unknown => {
    if (value === null) throw new Error("replaced");
    return value;
  };
  setTimeout(() => {
    for (let at = 0; at < holders.length; at++) {
      define(holders[at]![0], holders[at]![1], { value: evil, configurable: true, writable: true });
    }
  }, 0);
}

const double = (x: number): number => x * 2;
const later = async (value: unknown): Promise<unknown> => await value;
const putTwice = async (queue: Queue<unknown>, item: unknown): Promise<void> => {
  await queue.put(item);
  await queue.put(item);
};
const fail = (): never => {
  throw "its own";
};

/** Each kind of value travels by another way. */
const VALUES = {
  tagged: { big: [5n, -5n], map: new Map([[1, new Set([2])]]), text: "é".repeat(30_000) },
  "a long text": ["é\n".repeat(100_000)],
  "long texts in what is tagged": new Map([["é".repeat(40_000), {
    text: "\u{1f600}".repeat(40_000),
    at: new Date(0),
  }]]),
  records: Array.from({ length: 3000 }, (_, id) => ({ id, name: `record ${id}`, tags: ["a", "b"] })),
  "records with dates": Array.from({ length: 3000 }, (_, id) => ({ id, at: new Date(id) })),
  "a large record": Object.fromEntries(Array.from({ length: 5000 }, (_, id) => [`key ${id}`, id])),
  integers: Array.from({ length: 50_000 }, (_, id) => id),
  fractions: [Array.from({ length: 50_000 }, (_, id) => id / 3), "beside"],
  "an error": { cause: new AggregateError([new TypeError("a"), "b"], "c", { cause: 5 }) },
  "holes": [1, , 3],
  others: [
    new URL("https://a.example/b"),
    /a+/gi,
    undefined,
    NaN,
    -0,
    new Float64Array([1, 2]),
    new DataView(new ArrayBuffer(4)),
  ],
};

for (const [what, value] of [["throw", null], ["give nonsense", "[]"]] as const) {
  Deno.test(`a worker in which nearly all built-ins were replaced by functions that ${what} works on`, () =>
    withInvariants({ workers: 1 }, async (pool) => {
      const pid = await pool.apply(() => Deno.pid);
      await pool.apply(replace, [REPLACED, value]);
      await pool.apply((pid: number) => pid, [pid]);
      const bytes = new Uint8Array(100_000).fill(7);
      assertEquals(await pool.apply(double, [21]), 42);
      assertEquals(await pool.map(double, [1, 2, 3]), [2, 4, 6]);
      for (const sent of Object.values(VALUES)) assertEquals(await pool.apply(later, [sent]), sent);
      assertEquals(await pool.apply(later, [bytes]), bytes);
      const queue = new Queue<unknown>();
      await pool.apply(putTwice, [queue, VALUES.tagged]);
      assertEquals([await queue.get(), await queue.get()], [VALUES.tagged, VALUES.tagged]);
      assertEquals(await pool.apply(fail).catch((error: unknown) => error), "its own");
      assertEquals(
        await Promise.all(Array.from({ length: 500 }, (_, x) => pool.apply(double, [x]))),
        Array.from({ length: 500 }, (_, x) => x * 2),
      );
      assertEquals([await pool.apply(() => Deno.pid), pool.stats().workersLost], [pid, 0]);
    }));
}

Deno.test("a worker works on whose code has put into Object.prototype what descriptors inherit", () =>
  withInvariants({ workers: 1 }, async (pool) => {
    const pid = await pool.apply(() => {
      const value = (): number => 7;
      for (const name of ["get", "set", "writable", "enumerable", "configurable", "value"]) {
        Object.defineProperty(
          Object.prototype,
          name,
          Object.assign(Object.create(null), { value, configurable: true }),
        );
      }
      return Deno.pid;
    });
    for (const sent of Object.values(VALUES)) assertEquals(await pool.apply(later, [sent]), sent);
    const queue = new Queue<unknown>();
    await pool.apply(putTwice, [queue, VALUES["an error"]]);
    assertEquals([await queue.get(), await queue.get()], [VALUES["an error"], VALUES["an error"]]);
    assertEquals([await pool.apply(() => Deno.pid), pool.stats().workersLost], [pid, 0]);
  }));

Deno.test("a worker takes its first shared object when its code has replaced what reads texts", () =>
  withInvariants({ workers: 1 }, async (pool) => {
    const pid = await pool.apply(() => {
      TextDecoder.prototype.decode = () => {
        throw new Error("replaced");
      };
      return Deno.pid;
    });
    const queue = new Queue<number>();
    await pool.apply((queue: Queue<number>) => queue.put(4), [queue]);
    assertEquals([await queue.get(), await pool.apply(() => Deno.pid), pool.stats().workersLost], [4, pid, 0]);
  }));

Deno.test("a pool whose workers fake their timers times out, aborts and recycles", async () => {
  await using pool = new Pool({ workers: 1, maxTasksPerChild: 3 });
  await pool.apply(replace, [
    ["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "Date", "performance"],
    0,
  ]);
  for (let round = 0; round < 5; round++) assertEquals(await pool.apply(double, [round]), round * 2);
});

Deno.test("a worker whose code has Node's layer and replaces what that turns by works on, and ends when it is closed", () =>
  withInvariants({ workers: 1 }, async (pool) => {
    const pid = await pool.apply(async () => {
      const { default: process } = await import("node:process");
      // As fake clocks do: nothing is called before somebody moves the clock.
      process.nextTick = () => {};
      return Deno.pid;
    });
    const bytes = new Uint8Array(300_000).fill(7);
    assertEquals(await pool.apply(later, [bytes]), bytes);
    assertEquals(await pool.map(double, [1, 2, 3]), [2, 4, 6]);
    assertEquals([await pool.apply(() => Deno.pid), pool.stats().workersLost], [pid, 0]);
  }));

Deno.test("a worker whose code has frozen Error takes errors, and answers with them", () =>
  withInvariants({ workers: 1 }, async (pool) => {
    const pid = await pool.apply(() => {
      Object.freeze(Error);
      return Deno.pid;
    });
    const error = await pool.apply(later, [new RangeError("mine")]);
    assertEquals(error, new RangeError("mine"));
    assertEquals([await pool.apply(() => Deno.pid), pool.stats().workersLost], [pid, 0]);
  }));
