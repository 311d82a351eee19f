// Compile-time tests of Pool's types: they hold when this file passes `deno check`. Nothing runs.
import type { AsyncResult, Pool } from "../../mod.ts";
import * as compute from "../fixtures/tasks/compute.ts";
import { hold } from "../fixtures/tasks/hold.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Fails to compile unless `value` has exactly type `Wanted`. */
function typeIs<Wanted>(): <T>(value: T, ...same: Equal<T, Wanted> extends true ? [] : [never]) => void {
  return () => {};
}

type Typed = Pool<typeof compute>;
type Untyped = Pool;

Deno.test("Pool infers results and refuses wrong names and arguments at compile time", () => {
  // Compiled, never called: there is no pool.
  void [byName, byFunction, asyncForms, mapForms, iterators, untyped, options];
});

function byName(pool: Typed): void {
  typeIs<Promise<number>>()(pool.apply("square", [3]));
  typeIs<Promise<number>>()(pool.apply("twice", [3]));
  typeIs<Promise<number>>()(pool.apply("add", [1]));
  typeIs<Promise<number>>()(pool.apply("add", [1, 2], { timeoutMs: 5 }));
  typeIs<Promise<number>>()(pool.apply("pid"));
  typeIs<Promise<number>>()(pool.apply("pid", undefined, { priority: 1 }));
  // @ts-expect-error: no such export
  pool.apply("squared", [3]);
  // @ts-expect-error: an export that is not a function
  pool.apply("notAFunction");
  // @ts-expect-error: a wrong type of argument
  pool.apply("square", ["3"]);
  // @ts-expect-error: an argument is missing
  pool.apply("square", []);
  // @ts-expect-error: all arguments are missing
  pool.apply("square");
  // @ts-expect-error: an argument too many
  pool.apply("square", [3, 4]);
  // @ts-expect-error: the arguments are not an array
  pool.apply("square", 3);
  // @ts-expect-error: no such option
  pool.apply("square", [3], { timeout: 5 });
}

function byFunction(pool: Typed): void {
  typeIs<Promise<number>>()(pool.apply(compute.square, [3]));
  typeIs<Promise<number>>()(pool.apply(compute.twice, [3]));
  typeIs<Promise<string>>()(pool.apply((text: string, times: number) => text.repeat(times), ["a", 3]));
  typeIs<Promise<string>>()(pool.apply(hold<string>, [1, "a"]));
  typeIs<Promise<number>>()(pool.apply(Math.sqrt, [4]));
  typeIs<Promise<void>>()(pool.apply(() => {}));
  typeIs<Promise<{ a: Date }>>()(pool.apply(async (a: Date) => await Promise.resolve({ a }), [new Date()]));
  // @ts-expect-error: a wrong type of argument
  pool.apply(Math.sqrt, ["4"]);
  // @ts-expect-error: all arguments are missing
  pool.apply(Math.sqrt);
  // @ts-expect-error: an argument is missing
  pool.apply((a: number, b: string) => b + a, [1]);
  // @ts-expect-error: an argument too many
  pool.apply(() => 1, [1]);
  // @ts-expect-error: neither a name nor a function
  pool.apply({ run: () => 1 });
}

function asyncForms(pool: Typed): void {
  typeIs<AsyncResult<number>>()(pool.applyAsync("twice", [3]));
  typeIs<AsyncResult<number>>()(pool.applyAsync(compute.twice, [3]));
  typeIs<AsyncResult<number[]>>()(pool.mapAsync("twice", [3]));
  typeIs<AsyncResult<number[]>>()(pool.starmapAsync(compute.add, [[1, 2], [3]]));
  typeIs<Promise<number>>()(pool.applyAsync("twice", [3]).get(5));
  typeIs<Promise<boolean>>()(pool.applyAsync("twice", [3]).wait());
  pool.applyAsync("twice", [3], {
    callback: (value) => typeIs<number>()(value),
    errorCallback: (error) => typeIs<unknown>()(error),
  });
  pool.mapAsync("twice", [3], { callback: (values) => typeIs<number[]>()(values) });
  // @ts-expect-error: the callback takes another type
  pool.applyAsync("twice", [3], { callback: (value: string) => value });
  // @ts-expect-error: no such export
  pool.applyAsync("thrice", [3]);
}

function mapForms(pool: Typed): void {
  typeIs<Promise<number[]>>()(pool.map("square", [1, 2]));
  typeIs<Promise<number[]>>()(pool.map("square", new Set([1, 2]), { chunkSize: 5 }));
  typeIs<Promise<number[]>>()(pool.map(
    compute.twice,
    (async function* () {
      yield await Promise.resolve(1);
    })(),
  ));
  typeIs<Promise<string[]>>()(pool.map((x: number) => String(x), [1]));
  typeIs<Promise<number[]>>()(pool.starmap("add", [[1, 2], [3]]));
  typeIs<Promise<number[]>>()(pool.starmap(Math.pow, [[1, 2]]));
  const constant = [1, 2].map((x) => [x, 2] as const);
  typeIs<Promise<number[]>>()(pool.starmap(Math.pow, constant));
  typeIs<Promise<number[]>>()(pool.starmap("add", constant));
  typeIs<AsyncResult<number[]>>()(pool.starmapAsync(compute.add, constant));
  // @ts-expect-error: an argument of a wrong type
  pool.starmap("add", [1, 2].map((x) => [x, "2"] as const));
  // @ts-expect-error: items of a wrong type
  pool.map("square", ["1"]);
  // @ts-expect-error: items of a wrong type
  pool.map(Math.sqrt, new Set(["1"]));
  // @ts-expect-error: a function of two arguments needs starmap
  pool.map(Math.pow, [1]);
  // @ts-expect-error: no such export
  pool.map("cube", [1]);
  // @ts-expect-error: an argument of a wrong type
  pool.starmap("add", [[1, "2"]]);
  // @ts-expect-error: an argument is missing
  pool.starmap(Math.pow, [[1]]);
  // @ts-expect-error: nothing to iterate over
  pool.map("square", 5);
  // @ts-expect-error: an option of imap alone
  pool.map("square", [5], { bufferSize: 5 });
}

function iterators(pool: Typed): void {
  typeIs<AsyncIterableIterator<number>>()(pool.imap("twice", [1]));
  typeIs<AsyncIterableIterator<number>>()(pool.imapUnordered(compute.twice, new Set([1]), { bufferSize: 5 }));
  typeIs<AsyncIterableIterator<string>>()(pool.imap((x: number) => String(x), [1]));
  // @ts-expect-error: items of a wrong type
  pool.imap("twice", ["1"]);
  // @ts-expect-error: no such export
  pool.imapUnordered("thrice", [1]);
}

function untyped(pool: Untyped): void {
  typeIs<Promise<unknown>>()(pool.apply("anything", [1, "a"]));
  typeIs<Promise<unknown[]>>()(pool.map("anything", [1]));
  typeIs<AsyncIterableIterator<unknown>>()(pool.imap("anything", [1]));
  typeIs<Promise<number>>()(pool.apply(compute.square, [3]));
}

function options(pool: Pool<typeof import("../fixtures/tasks/compute.ts")>): void {
  typeIs<Promise<number>>()(pool.apply("square", [3], { signal: new AbortController().signal, retries: 1, key: "a" }));
  // @ts-expect-error: a key is a text
  pool.apply("square", [3], { key: 5 });
  // @ts-expect-error: milliseconds are a number
  pool.apply("square", [3], { timeoutMs: "5" });
  // @ts-expect-error: nothing that is optional may be undefined
  pool.apply("square", [3], { timeoutMs: undefined });
}
