import { brand } from "../copies.ts";
import type { Dashboard, DashboardOptions } from "../dashboard/mod.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";
import type { AnyFunction } from "../worker/function_table.ts";
import { AsyncResult } from "./async_result.ts";
import { PoolEngine } from "./engine.ts";
import { CancelledError } from "../errors.ts";
import { runCallback } from "./callback_errors.ts";
import { ImapJob, type ImapKind } from "./jobs/imap_job.ts";
import { MapJob } from "./jobs/map_job.ts";
import type { PoolObserver } from "./observing/observer.ts";
import {
  checkImapOptions,
  checkMapOptions,
  checkTaskOptions,
  resolvePoolOptions,
  untrustedOptions,
} from "./options.ts";
import { endScope } from "./scope_end.ts";
import type {
  ArgumentsOf,
  AsyncCallbacks,
  CallRest,
  FunctionName,
  ImapOptions,
  ItemOf,
  Items,
  MapOptions,
  PoolOptions,
  PoolStats,
  ResultOf,
  SettledMapOptions,
  TaskOptions,
  WorkerInfo,
} from "./types.ts";

/**
 * A pool of worker processes, each a `deno run` child that may do only what it was granted.
 *
 * - **Functions.** A task is the name of an export of the pool's `module`, a function that the module exports, any other function that
 *   uses nothing outside itself (its source text is sent), or a built-in such as `Math.sqrt`.
 * - **Values** are copied: plain data, typed arrays, `Map`, `Set`, `Date`, `bigint`, errors, cycles. Arguments are encoded when the
 *   call is made; of typed arrays the bytes are read when the task is sent, so leave them alone until the call has settled.
 * - **Workers** start on demand and are reused. An idle pool does not keep the program alive, and no worker outlives it.
 * - **Every call settles.** When a worker dies, the task it was running rejects with a `WorkerExitError` (or is tried again, with
 *   `retries`), tasks that had not started go to another worker, and the worker is replaced.
 *
 * `await using` closes the pool at the end of the scope and waits for accepted work. The program needs `--allow-run` for `deno`.
 *
 * The methods follow Python's `multiprocessing.pool.Pool`
 * (https://docs.python.org/3/library/multiprocessing.html#module-multiprocessing.pool).
 *
 * @typeParam M The type of the module, for names that are checked: `new Pool<typeof import("./tasks.ts")>({ module })`.
 *
 * @example Squares, in order
 * ```ts
 * import { Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 2 });
 * console.log(await pool.map((x: number) => x * x, [1, 2, 3])); // [1, 4, 9]
 * ```
 *
 * @example Ending it by hand
 * ```ts
 * import { Pool } from "@corral/multiprocessing";
 *
 * const pool = new Pool({ workers: 2 });
 * const result = pool.applyAsync(Math.sqrt, [16]);
 * pool.close();
 * await pool.join();
 * console.log(await result.get(), pool.stats().completed); // 4 1
 * ```
 */
export class Pool<M = unknown> implements AsyncDisposable {
  readonly #engine: PoolEngine;
  #terminated = false;

  /**
   * Makes a pool. Starts no process yet.
   *
   * @param options How many workers, what they run, what they may do.
   * @throws {TypeError} If an option has the wrong name or type, or `initArgs` are given without an `initializer`.
   * @throws {RangeError} If a number is out of its range.
   * @throws {PermissionError} If more is granted than this program holds, or it may not run `deno`.
   * @throws {EncodingError} If `initArgs` cannot travel.
   */
  constructor(options: PoolOptions = {}) {
    refuseSurplus("new Pool(options)", arguments, 1);
    this.#engine = new PoolEngine(resolvePoolOptions(options));
  }

  /**
   * Makes a pool for a module that is not trusted, with all the limits that such code needs.
   *
   * The module, and what it imports, must lie in its own folder (`trust: "untrusted"`); a task has ten seconds (`taskTimeoutMs`), a
   * worker thirty to load the module (`startTimeoutMs`), and 256 MiB beyond an idle one (`memoryLimitMiB`), a message 1 MiB
   * (`maxFrameBytes`). Nothing is granted. What is not limited, and what such code can still learn, is in `docs/security.md`.
   *
   * @param module The module: a URL or an absolute path. This program needs `--allow-read` for its folder.
   * @param options All options of a pool but `module`; the limits may be changed, `trust` may not.
   * @returns The pool.
   * @throws What the constructor throws.
   *
   * @example A plug-in
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * const module = import.meta.resolve("../../examples/sandbox/plugins/word_count/plugin.ts");
   * await using pool = Pool.untrusted(module, { workers: 1, taskTimeoutMs: 2000 });
   * console.log(pool.workers.length); // 0
   * ```
   */
  static untrusted<M = unknown>(module: string | URL, options: Omit<PoolOptions, "module"> = {}): Pool<M> {
    refuseSurplus("Pool.untrusted(module, options)", arguments, 2);
    return new Pool<M>(untrustedOptions(module, options));
  }

  /** The workers that live now, in the order of their numbers. */
  get workers(): WorkerInfo[] {
    return this.#engine.backend.workers();
  }

  /**
   * Calls a function in a worker.
   *
   * @param name The name of an export of the pool's module; the next overloads take a function.
   * @param rest Its arguments as an array, and the task's options.
   * @returns What the function returns, awaited.
   * @throws What the function threw, with the caller's stack above the worker's.
   * @throws {WorkerExitError} If the worker died; `taskStarted` says whether the function may have begun. With `retries`, a
   * `PoisonTaskError` when they are used up.
   * @throws {TaskTimeoutError} If it ran longer than `timeoutMs`, or `taskTimeoutMs` of the pool.
   * @throws `signal.reason`, if the task was aborted.
   * @throws {EncodingError} If an argument or the result cannot travel.
   * @throws {PayloadTooLargeError} If the arguments, or the result, are larger than `maxFrameBytes`.
   * @throws {FunctionNotFoundError} If the function can never run in a worker.
   * @throws {QueueFullError} If `maxQueue` tasks wait already; nothing was submitted.
   * @throws {PoolClosedError} If the pool was closed before.
   * @throws {BrokenPoolError} If the pool can run nothing any more.
   * @throws {CancelledError} If `terminate()` ended the pool meanwhile.
   * @throws {TypeError} If an option has the wrong name or type; a `RangeError` if a number is out of its range.
   *
   * @example A call with a time limit
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 1 });
   * const sum = (a: number, b: number) => a + b;
   * console.log(await pool.apply(sum, [19, 23], { timeoutMs: 10_000 })); // 42
   * ```
   */
  apply<K extends FunctionName<M>>(name: K, ...rest: CallRest<ArgumentsOf<M, K>, TaskOptions>): Promise<ResultOf<M, K>>;
  /**
   * Calls a function in a worker. Everything else is as for the name of an export.
   *
   * @param fn The function.
   * @param rest Its arguments as an array, and the task's options.
   * @returns What the function returns, awaited.
   */
  apply<A extends unknown[], R>(fn: (...args: A) => R, ...rest: CallRest<A, TaskOptions>): Promise<Awaited<R>>;
  apply(fn: string | AnyFunction, args: unknown[] = [], options?: TaskOptions): Promise<unknown> {
    // Not async: a promise less for each call.
    try {
      refuseSurplus("apply(fn, args, options)", arguments, 3);
      return this.#call(fn, args, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Calls a function in a worker, and returns at once.
   *
   * Python's `apply_async`. Callbacks run before code that awaits sees the outcome; an error that one throws is printed on stderr with its
   * stack, and changes nothing. What can be known at the call is thrown there; all else rejects the result, as `apply` does.
   *
   * @param name The name of an export of the pool's module; the next overloads take a function.
   * @param rest Its arguments as an array; the task's options and callbacks.
   * @returns The result to come.
   * @throws {PoolClosedError} If the pool was closed before.
   * @throws {BrokenPoolError} If the pool can run nothing any more.
   * @throws {EncodingError} If an argument cannot travel.
   * @throws {PayloadTooLargeError} If the arguments are larger than `maxFrameBytes`.
   * @throws {FunctionNotFoundError} If the function can never run in a worker.
   * @throws {QueueFullError} If `maxQueue` tasks wait already.
   * @throws {TypeError} If an option has the wrong name or type; a `RangeError` if a number is out of its range.
   *
   * @example With a callback
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 1 });
   * const result = pool.applyAsync(Math.hypot, [3, 4], { callback: (value) => console.log("got", value) });
   * console.log(await result.get()); // 5
   * ```
   */
  applyAsync<K extends FunctionName<M>>(
    name: K,
    ...rest: CallRest<ArgumentsOf<M, K>, TaskOptions & AsyncCallbacks<ResultOf<M, K>>>
  ): AsyncResult<ResultOf<M, K>>;
  /**
   * Calls a function in a worker, and returns at once. Everything else is as for the name of an export.
   *
   * @param fn The function.
   * @param rest Its arguments as an array; the task's options and callbacks.
   * @returns The result to come.
   */
  applyAsync<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...rest: CallRest<A, TaskOptions & AsyncCallbacks<Awaited<R>>>
  ): AsyncResult<Awaited<R>>;
  applyAsync(
    fn: string | AnyFunction,
    args: unknown[] = [],
    // deno-lint-ignore no-explicit-any -- the overloads above are the types; callbacks are contravariant
    options: TaskOptions & AsyncCallbacks<any> = {},
    // deno-lint-ignore no-explicit-any -- as above
  ): AsyncResult<any> {
    refuseSurplus("applyAsync(fn, args, { callback })", arguments, 3);
    return this.#later(this.#call(fn, args, options, true), options);
  }

  /**
   * Calls a function for each item, and gathers the results in the order of the items.
   *
   * Reads the whole input, a few chunks ahead of the workers. If an item fails, nothing more is started, and the call rejects
   * when what had started has ended. An abort rejects at once, and stops what runs. An input that throws rejects with its error. The
   * pool stays usable.
   *
   * An item is copied when its chunk leaves: an object that is changed before the call has settled may arrive changed.
   *
   * With `settle: true` all items are run, and there is an outcome for each, as `Promise.allSettled` has them. What is not the fault of one item (an
   * abort, an input that throws, the end of the pool) rejects in this case, too.
   *
   * @param name The name of an export of the pool's module, a function of one item; the next overloads take the function.
   * @param items Any iterable or async iterable.
   * @param options The chunk size and the options of its tasks.
   * @returns The results, or with `settle: true` the outcomes, in the order of the items.
   * @throws What `apply` throws, for the first item that failed. Never a `QueueFullError`.
   * @throws {TypeError} If the items cannot be iterated.
   *
   * @example With a built-in
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2 });
   * console.log(await pool.map(Math.sqrt, [1, 4, 9])); // [1, 2, 3]
   * ```
   *
   * @example All outcomes
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2 });
   * const outcomes = await pool.map((text: string) => JSON.parse(text), ["1", "oops"], { settle: true });
   * console.log(outcomes.map(({ status }) => status)); // ["fulfilled", "rejected"]
   * ```
   */
  map<K extends FunctionName<M>>(
    name: K,
    items: Items<ItemOf<M, K>>,
    options: SettledMapOptions,
  ): Promise<PromiseSettledResult<ResultOf<M, K>>[]>;
  /**
   * Calls an export for each item, and gathers the results in the order of the items.
   *
   * @param name The name of an export of the pool's module.
   * @param items Any iterable or async iterable.
   * @param options The chunk size and the options of its tasks.
   * @returns The results.
   * @throws What `apply` throws, for the first item that failed.
   */
  map<K extends FunctionName<M>>(name: K, items: Items<ItemOf<M, K>>, options?: MapOptions): Promise<ResultOf<M, K>[]>;
  /**
   * Calls a function for each item, and gathers an outcome for each.
   *
   * @param fn A function of one item.
   * @param items Any iterable or async iterable.
   * @param options `settle: true`, the chunk size and the options of its tasks.
   * @returns The outcomes, in the order of the items.
   */
  map<T, R>(
    fn: (item: T) => R,
    items: Items<T>,
    options: SettledMapOptions,
  ): Promise<PromiseSettledResult<Awaited<R>>[]>;
  /**
   * Calls a function for each item, and gathers the results in the order of the items. The first error ends the whole.
   *
   * @param fn A function of one item.
   * @param items Any iterable or async iterable.
   * @param options The chunk size and the options of its tasks.
   * @returns The results.
   * @throws What `apply` throws, for the first item that failed.
   */
  map<T, R>(fn: (item: T) => R, items: Items<T>, options?: MapOptions): Promise<Awaited<R>[]>;
  async map(fn: string | AnyFunction, items: Items<unknown>, options?: MapOptions): Promise<unknown[]> {
    refuseSurplus("map(fn, items, options)", arguments, 3);
    try {
      return await this.#map({ fn, items, spread: false, options });
    } catch (error) {
      throw this.#engine.callerStacks.traced(error);
    }
  }

  /**
   * Does what `map` does, and returns at once.
   *
   * @param name The name of an export of the pool's module, a function of one item; the next overloads take the function.
   * @param items Any iterable or async iterable.
   * @param options The chunk size, the options of the tasks, and callbacks for the whole.
   * @returns The results to come.
   * @throws {PoolClosedError} If the pool was closed before.
   * @throws {BrokenPoolError} If the pool can run nothing any more.
   * @throws {FunctionNotFoundError} If the function can never run in a worker.
   * @throws {TypeError} If the items cannot be iterated, or an option has the wrong name or type; a `RangeError` if a number is out of its range.
   *
   * @example Waiting later
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2 });
   * const squares = pool.mapAsync((x: number) => x * x, [1, 2, 3]);
   * console.log(await squares.get()); // [1, 4, 9]
   * ```
   */
  mapAsync<K extends FunctionName<M>>(
    name: K,
    items: Items<ItemOf<M, K>>,
    options?: MapOptions & AsyncCallbacks<ResultOf<M, K>[]>,
  ): AsyncResult<ResultOf<M, K>[]>;
  /**
   * Does what `map` does, and returns at once.
   *
   * @param fn A function of one item.
   * @param items Any iterable or async iterable.
   * @param options The chunk size, the options of the tasks, and callbacks for the whole.
   * @returns The results to come.
   */
  mapAsync<T, R>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: MapOptions & AsyncCallbacks<Awaited<R>[]>,
  ): AsyncResult<Awaited<R>[]>;
  mapAsync(
    fn: string | AnyFunction,
    items: Items<unknown>,
    options: MapOptions & AsyncCallbacks<unknown[]> = {},
  ): AsyncResult<unknown[]> {
    refuseSurplus("mapAsync(fn, items, options)", arguments, 3);
    return this.#later(this.#map({ fn, items, spread: false, options, takesCallbacks: true }), options);
  }

  /**
   * Does what `map` does with a function of several arguments: each item is an array of them.
   *
   * @param name The name of an export of the pool's module; the next overloads take a function.
   * @param items Any iterable or async iterable of argument lists.
   * @param options The chunk size and the options of its tasks.
   * @returns The results, or with `settle: true` the outcomes, in the order of the items.
   * @throws What `map` throws.
   * @throws {TypeError} If an item is not a list of arguments.
   *
   * @example Powers
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2 });
   * console.log(await pool.starmap(Math.pow, [[2, 3], [3, 2]])); // [8, 9]
   * ```
   */
  starmap<K extends FunctionName<M>>(
    name: K,
    items: Items<Readonly<ArgumentsOf<M, K>>>,
    options: SettledMapOptions,
  ): Promise<PromiseSettledResult<ResultOf<M, K>>[]>;
  /**
   * Does what `map` does with an export of several arguments.
   *
   * @param name The name of an export of the pool's module.
   * @param items Any iterable or async iterable of argument lists.
   * @param options The chunk size and the options of its tasks.
   * @returns The results, in order.
   */
  starmap<K extends FunctionName<M>>(
    name: K,
    items: Items<Readonly<ArgumentsOf<M, K>>>,
    options?: MapOptions,
  ): Promise<ResultOf<M, K>[]>;
  /**
   * Does what `map` does with a function of several arguments, and gathers an outcome for each item.
   *
   * @param fn A function.
   * @param items Any iterable or async iterable of argument lists.
   * @param options `settle: true`, the chunk size and the options of its tasks.
   * @returns The outcomes, in order.
   */
  starmap<A extends unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options: SettledMapOptions,
  ): Promise<PromiseSettledResult<Awaited<R>>[]>;
  /**
   * Does what `map` does with a function of several arguments.
   *
   * @param fn A function.
   * @param items Any iterable or async iterable of argument lists.
   * @param options The chunk size and the options of its tasks.
   * @returns The results, in order.
   */
  starmap<A extends unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options?: MapOptions,
  ): Promise<Awaited<R>[]>;
  async starmap(fn: string | AnyFunction, items: Items<unknown>, options?: MapOptions): Promise<unknown[]> {
    refuseSurplus("starmap(fn, items, options)", arguments, 3);
    try {
      return await this.#map({ fn, items, spread: true, options });
    } catch (error) {
      throw this.#engine.callerStacks.traced(error);
    }
  }

  /**
   * Does what `starmap` does, and returns at once.
   *
   * @param name The name of an export of the pool's module; the next overloads take a function.
   * @param items Any iterable or async iterable of argument lists.
   * @param options The chunk size, the options of the tasks, and callbacks for the whole.
   * @returns The results to come.
   * @throws What `mapAsync` throws.
   *
   * @example With a callback for all results
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2 });
   * await pool.starmapAsync(Math.max, [[1, 2], [4, 3]], { callback: (all) => console.log(all) }); // [2, 4]
   * ```
   */
  starmapAsync<K extends FunctionName<M>>(
    name: K,
    items: Items<Readonly<ArgumentsOf<M, K>>>,
    options?: MapOptions & AsyncCallbacks<ResultOf<M, K>[]>,
  ): AsyncResult<ResultOf<M, K>[]>;
  /**
   * Does what `starmap` does, and returns at once.
   *
   * @param fn A function.
   * @param items Any iterable or async iterable of argument lists.
   * @param options The chunk size, the options of the tasks, and callbacks for the whole.
   * @returns The results to come.
   */
  starmapAsync<A extends unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options?: MapOptions & AsyncCallbacks<Awaited<R>[]>,
  ): AsyncResult<Awaited<R>[]>;
  starmapAsync(
    fn: string | AnyFunction,
    items: Items<unknown>,
    options: MapOptions & AsyncCallbacks<unknown[]> = {},
  ): AsyncResult<unknown[]> {
    refuseSurplus("starmapAsync(fn, items, options)", arguments, 3);
    return this.#later(this.#map({ fn, items, spread: true, options, takesCallbacks: true }), options);
  }

  /**
   * Calls a function for each item, and yields the results in the order of the items.
   *
   * Starts at once, and reads the input only as results are taken, at most `bufferSize` items ahead: an endless input runs in constant
   * memory. Leaving the loop early cancels the rest and closes the input. The `next()` of an item that failed rejects;
   * later calls go on behind it. `join()` reads an open iterator's input to its end and keeps the results; leaving the
   * scope of an `await using` pool closes its open iterators.
   *
   * @param name The name of an export of the pool's module, a function of one item; the next overloads take the function.
   * @param items Any iterable or async iterable, also an endless one.
   * @param options The chunk size, the buffer size, and the options of the tasks.
   * @returns An iterator over the results.
   * @throws {PoolClosedError} If the pool was closed before.
   * @throws {BrokenPoolError} If the pool can run nothing any more.
   * @throws {FunctionNotFoundError} If the function can never run in a worker.
   * @throws {TypeError} If the items cannot be iterated, or an option has the wrong name or type; a `RangeError` if a number is out of its range.
   *
   * @example An endless input
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * function* naturals() {
   *   for (let n = 1;; n++) yield n;
   * }
   *
   * await using pool = new Pool({ workers: 2 });
   * for await (const square of pool.imap((n: number) => n * n, naturals())) {
   *   if (square > 50) break;
   *   console.log(square);
   * }
   * ```
   */
  imap<K extends FunctionName<M>>(
    name: K,
    items: Items<ItemOf<M, K>>,
    options?: ImapOptions,
  ): AsyncIterableIterator<ResultOf<M, K>>;
  /**
   * Calls a function for each item, and yields the results in the order of the items.
   *
   * @param fn A function of one item.
   * @param items Any iterable or async iterable, also an endless one.
   * @param options The chunk size, the buffer size, and the options of the tasks.
   * @returns An iterator over the results.
   */
  imap<T, R>(fn: (item: T) => R, items: Items<T>, options?: ImapOptions): AsyncIterableIterator<Awaited<R>>;
  imap(fn: string | AnyFunction, items: Items<unknown>, options?: ImapOptions): AsyncIterableIterator<unknown> {
    refuseSurplus("imap(fn, items, options)", arguments, 3);
    return this.#imap(fn, items, { ordered: true }, options);
  }

  /**
   * Does what `imap` does, and yields each result, and each error, as soon as it is there.
   *
   * @param name The name of an export of the pool's module, a function of one item; the next overloads take the function.
   * @param items Any iterable or async iterable, also an endless one.
   * @param options The chunk size, the buffer size, and the options of the tasks.
   * @returns An iterator over the results, in order of completion.
   * @throws What `imap` throws.
   *
   * @example First come, first served
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2 });
   * const roots = await Array.fromAsync(pool.imapUnordered(Math.sqrt, [1, 4, 9]));
   * console.log(roots.sort()); // [1, 2, 3]
   * ```
   */
  imapUnordered<K extends FunctionName<M>>(
    name: K,
    items: Items<ItemOf<M, K>>,
    options?: ImapOptions,
  ): AsyncIterableIterator<ResultOf<M, K>>;
  /**
   * Does what `imap` does, and yields each result as soon as it is there.
   *
   * @param fn A function of one item.
   * @param items Any iterable or async iterable, also an endless one.
   * @param options The chunk size, the buffer size, and the options of the tasks.
   * @returns An iterator over the results, in order of completion.
   */
  imapUnordered<T, R>(fn: (item: T) => R, items: Items<T>, options?: ImapOptions): AsyncIterableIterator<Awaited<R>>;
  imapUnordered(
    fn: string | AnyFunction,
    items: Items<unknown>,
    options?: ImapOptions,
  ): AsyncIterableIterator<unknown> {
    refuseSurplus("imapUnordered(fn, items, options)", arguments, 3);
    return this.#imap(fn, items, { ordered: false }, options);
  }

  /**
   * Starts all workers and waits until they are ready. Without it they start on demand.
   *
   * @throws The module's or the initializer's error, or a `WorkerStartError`, if a worker cannot start.
   * @throws {PoolClosedError} If the pool was closed before, or was terminated meanwhile.
   * @throws {BrokenPoolError} If the pool can run nothing any more.
   * @throws {TypeError} If it is given a limit or options: it takes none.
   *
   * @example Warm from the first call
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2 });
   * await pool.ready();
   * console.log(pool.workers.map((worker) => worker.state)); // ["idle", "idle"]
   * ```
   */
  async ready(): Promise<void> {
    refuseArguments("ready()", arguments);
    await this.#engine.ready();
  }

  /** Whether one more task may wait: fewer than `maxQueue` wait for a worker. Always true without `maxQueue`. */
  get hasRoom(): boolean {
    return this.#engine.queue.hasRoom;
  }

  /**
   * Waits until there is room: fewer than `maxQueue` tasks wait for a worker. At once without `maxQueue`.
   *
   * All callers that wait go on together, and the first call takes the room; one that finds none rejects with `QueueFullError`.
   *
   * @param wait How many milliseconds to wait, and a signal that ends the wait. @default as long as it takes
   * @throws {TimeoutError} If it took longer than `timeoutMs`.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {TypeError} If the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   *
   * @example A producer that keeps pace
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2, maxQueue: 10 });
   * const roots: Promise<number>[] = [];
   * for (let n = 0; n < 100; n++) {
   *   await pool.drain();
   *   roots.push(pool.apply(Math.sqrt, [n]));
   * }
   * console.log((await Promise.all(roots)).length); // 100
   * ```
   */
  async drain(wait: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    refuseSurplus("drain(wait)", arguments, 1);
    await this.#engine.queue.drain(wait);
  }

  /** Takes no more work: later calls get a `PoolClosedError`. What was accepted goes on, then the workers leave. Harmless when called again. */
  close(): void {
    refuseArguments("close()", arguments);
    this.#engine.close();
  }

  /**
   * Ends the pool now: every task that has not ended rejects with `CancelledError`, and all workers are ended.
   *
   * It can be called from a callback. Resolves when no process is left. Harmless when called again.
   *
   * @example Without waiting for work
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * const pool = new Pool({ workers: 1 });
   * const endless = pool.apply(() => {
   *   while (true);
   * }).catch((error) => error.name);
   * await pool.terminate();
   * console.log(await endless); // CancelledError
   * ```
   */
  async terminate(): Promise<void> {
    refuseArguments("terminate()", arguments);
    this.#terminated = true;
    await this.#engine.terminate();
  }

  /**
   * Waits until all accepted work is done and no process is left. Call `close()` or `terminate()` before.
   *
   * What failed rejects the calls themselves, not this.
   *
   * @throws {Error} If the pool is still open.
   * @throws {TypeError} If it is given a limit or options: it takes none, `terminate()` ends what still runs.
   */
  async join(): Promise<void> {
    refuseArguments("join()", arguments, ", terminate() ends what still runs");
    await this.#engine.join("drain");
  }

  /**
   * Serves a live page of the pool on 127.0.0.1: workers, what each does and may do, throughput and run times, failures, output.
   *
   * The page loads nothing from elsewhere. Its address holds a secret token. It ends with the pool, and does not keep the program alive.
   * With it, each task costs one small message more. The program needs `--allow-net=127.0.0.1`; with `--allow-run=deno,ps` the page
   * shows memory and processor time, too.
   *
   * @param options The port, and whether viewers may act; see {@linkcode DashboardOptions}.
   * @returns The page's address, and what ends it.
   * @throws {PoolClosedError} If the pool has ended.
   * @throws {PermissionError} If this program may not listen there.
   * @throws {TypeError} If an option is unknown, or `control` is wanted of workers elsewhere.
   * @throws {RangeError} If the port is not a whole number from 0 to 65 535.
   * @throws {Deno.errors.AddrInUse} If another program listens there.
   *
   * @example Looking at a pool
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 2, name: "thumbnails" });
   * await using dashboard = await pool.serveDashboard();
   * console.log(dashboard.url.startsWith("http://127.0.0.1:")); // true
   * ```
   */
  async serveDashboard(options: DashboardOptions = {}): Promise<Dashboard> {
    refuseSurplus("serveDashboard(options)", arguments, 1);
    // Loaded when it is wanted: most programs never are looked at.
    const { serveDashboard } = await import("./dashboard.ts");
    return serveDashboard(this.#engine, options);
  }

  /** Counts, and histograms of waiting and running time, since the pool was made. */
  stats(): PoolStats {
    refuseArguments("stats()", arguments);
    return this.#engine.stats();
  }

  /**
   * Tells an observer from now on what happens in the pool: the whole life of each task, and of each worker.
   *
   * Progress bars, traces and dashboards are observers; `onEvent` is one that gets everything as objects. What no observer has a method for
   * costs nothing. An observer with a `begun` method costs each task one small message more.
   *
   * @param observer What is to be told. An error that it throws is printed on stderr, and changes nothing.
   * @returns A function that ends it.
   * @throws {TypeError} If a method is not a function, or an object without a class has a method that no pool calls.
   *
   * @example Counting what runs
   * ```ts
   * import { Pool } from "@corral/multiprocessing";
   *
   * await using pool = new Pool({ workers: 1 });
   * const stop = pool.observe({ settled: ({ name, outcome }) => console.log(name, outcome) });
   * await pool.apply(Math.sqrt, [16]); // Math.sqrt completed
   * stop();
   * ```
   */
  observe(observer: PoolObserver): () => void {
    refuseSurplus("observe(observer)", arguments, 1);
    return this.#engine.observers.add(observer);
  }

  /**
   * Closes the pool, and waits until accepted work is done and no process is left; after `scopeTimeoutMs`, if set, terminates it.
   *
   * An error that leaves an `await using` scope shows when the scope has ended, not before. Where tasks might run for long, set
   * `scopeTimeoutMs`, or call `terminate()` in a `catch`. Without a limit, a line on the terminal says after three seconds what the scope waits for.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await endScope(this.#engine, this.#engine.join("cut"));
  }

  #call(
    fn: string | AnyFunction,
    args: unknown[],
    options: TaskOptions | undefined,
    callbacks = false,
  ): Promise<unknown> {
    this.#refuseIfClosed();
    if (!Array.isArray(args)) {
      throw new TypeError("Cannot call: the arguments must be an array, wanted apply(fn, [arg1, arg2])");
    }
    if (options !== undefined) checkTaskOptions(options, callbacks);
    return this.#engine.call(fn, args, options);
  }

  #map({ fn, items, spread, options = {}, takesCallbacks = false }: MapCall): Promise<unknown[]> {
    this.#refuseIfClosed();
    checkMapOptions(options, takesCallbacks);
    return new MapJob(this.#engine, { spec: this.#engine.refer(fn), items, spread, options }).run();
  }

  #imap(fn: string | AnyFunction, items: Items<unknown>, kind: ImapKind, options: ImapOptions = {}): ImapJob {
    this.#refuseIfClosed();
    checkImapOptions(options);
    return new ImapJob(this.#engine, { spec: this.#engine.refer(fn), items, kind, options });
  }

  #later<R>(task: Promise<R>, options: AsyncCallbacks<R> & Pick<TaskOptions, "signal">): AsyncResult<R> {
    const { callback, errorCallback, signal } = options;
    const { unobserved } = this.#engine;
    const told = tellCallbacks(task, callback, errorCallback);
    let observed = errorCallback !== undefined;
    const result: AsyncResult<R> = new AsyncResult(told, () => {
      observed = true;
      unobserved.delete(result);
    });
    told.catch((error) => {
      // What this program cancelled itself has not failed.
      const isWanted = (this.#terminated && error instanceof CancelledError) ||
        (signal?.aborted && error === signal.reason);
      if (!observed && !isWanted) unobserved.add(result, error);
    });
    return result;
  }

  #refuseIfClosed(): void {
    const refusal = this.#engine.refusal;
    if (refusal !== undefined) throw refusal;
  }
}

/** A call of `map` or one of its kin. */
interface MapCall {
  readonly fn: string | AnyFunction;
  readonly items: Items<unknown>;
  /** Whether each item is a list of arguments. */
  readonly spread: boolean;
  readonly options: MapOptions | undefined;
  /** Whether callbacks may be among the options. */
  readonly takesCallbacks?: boolean;
}

async function tellCallbacks<R>(
  task: Promise<R>,
  callback: ((value: R) => void) | undefined,
  errorCallback: ((error: unknown) => void) | undefined,
): Promise<R> {
  try {
    const value = await task;
    runCallback("the callback", callback, value);
    return value;
  } catch (error) {
    runCallback("the errorCallback", errorCallback, error);
    throw error;
  }
}

brand({ Pool });
