import { brand } from "../copies.ts";
import { PoolEngine } from "../pool/engine.ts";
import { checkTaskOptions } from "../pool/options.ts";
import { endScope } from "../pool/scope_end.ts";
import type { ArgumentsOf, FunctionName, Items, ResultOf, TaskOptions } from "../pool/types.ts";
import type { FunctionSpec } from "../wire/protocol.ts";
import type { AnyFunction } from "../worker/function_table.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";
import { startMap } from "./executor_map.ts";
import { resolveExecutorOptions, resolveShutdownOptions } from "./executor_options.ts";
import type { Future } from "./future.ts";
import { cancelledError, submitCall } from "./submission.ts";
import type {
  ExecutorMapOptions,
  ExecutorOptions,
  InputsOf,
  InputsThenOptions,
  ItemsOf,
  ShutdownOptions,
} from "./types.ts";

const NO_OPTIONS: TaskOptions = {};

/**
 * Python's `ProcessPoolExecutor`: calls go to worker processes, and each gives a `Future`.
 *
 * It takes the functions, the permissions and the options of a `Pool`, and has its properties: workers start on demand and may do
 * only what they were granted, and every future settles.
 *
 * - By default, a worker that dies is replaced, and only the task that it ran fails. With `onWorkerExit: "break"` the executor is as strict as
 *   Python's: every future that is not done rejects with a `BrokenPoolError` of its own, and later calls throw one.
 * - `await using` is `shutdown()`: it waits for all work that was submitted.
 *
 * https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor
 *
 * @typeParam M The type of the module, for names that are checked:
 * `new ProcessPoolExecutor<typeof import("./tasks.ts")>({ module })`.
 *
 * @example A call, and a map over two inputs
 * ```ts
 * import { ProcessPoolExecutor } from "@corral/multiprocessing";
 *
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 2 });
 * const future = executor.submit((text: string) => text.length, "corral");
 * console.log(await future); // 6
 * for await (const power of executor.map(Math.pow, [1, 2, 3], [2, 2, 2])) console.log(power); // 1, 4, 9
 * ```
 */
export class ProcessPoolExecutor<M = unknown> implements AsyncDisposable {
  readonly #engine: PoolEngine;
  readonly #pending = new Set<Future<unknown>>();

  /**
   * Makes an executor. Starts no process yet.
   *
   * @param options How many workers, what they run, what they may do.
   * @throws {TypeError} If an option has the wrong name or type, or `initArgs` are given without an `initializer`.
   * @throws {RangeError} If a number is out of its range.
   * @throws {PermissionError} If more is granted than this program holds, or it may not run `deno`.
   * @throws {EncodingError} If `initArgs` cannot travel.
   */
  constructor(options: ExecutorOptions = {}) {
    refuseSurplus("new ProcessPoolExecutor(options)", arguments, 1);
    this.#engine = new PoolEngine(resolveExecutorOptions(options));
  }

  /**
   * Submits a call.
   *
   * Arguments that cannot travel, and a `maxQueue` that is full, make only this future reject.
   *
   * @param name The name of an export of the executor's module; the next overloads take a function.
   * @param args Its arguments.
   * @returns The future of what the function returns, awaited.
   * @throws {PoolClosedError} If the executor was shut down before.
   * @throws {BrokenPoolError} If a worker died, with `onWorkerExit: "break"`, or workers could not start.
   * @throws {FunctionNotFoundError} If the function can never run in a worker.
   *
   * @example Two calls at once
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 2 });
   * const futures = [executor.submit(Math.sqrt, 16), executor.submit(Math.hypot, 3, 4)];
   * console.log(await Promise.all(futures)); // [4, 5]
   * ```
   */
  submit<K extends FunctionName<M>>(name: K, ...args: ArgumentsOf<M, K>): Future<ResultOf<M, K>>;
  /**
   * Submits a call. Everything else is as for the name of an export.
   *
   * @param fn The function.
   * @param args Its arguments.
   * @returns The future of what the function returns, awaited.
   */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  // deno-lint-ignore no-explicit-any -- the overloads above are the types
  submit(fn: string | AnyFunction, ...args: unknown[]): Future<any> {
    this.#refuseIfClosed();
    return this.#submit(this.#engine.refer(fn), args, NO_OPTIONS);
  }

  /**
   * Submits a call with options for its task: its signal, which stops it even while it runs, its time limit, its priority.
   *
   * @param options The options of the task.
   * @param name The name of an export of the executor's module; the next overloads take a function.
   * @param args Its arguments.
   * @returns The future of what the function returns, awaited.
   * @throws {TypeError} If an option has the wrong name or type.
   * @throws {RangeError} If a number is out of its range.
   * @throws What `submit` throws.
   *
   * @example Stopping a task that runs
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
   * const controller = new AbortController();
   * const spin = () => {
   *   while (true);
   * };
   * const future = executor.submitWith({ signal: controller.signal }, spin);
   * controller.abort(new Error("enough"));
   * console.log(await future.result().catch((error) => error.message)); // enough
   * ```
   */
  submitWith<K extends FunctionName<M>>(
    options: TaskOptions,
    name: K,
    ...args: ArgumentsOf<M, K>
  ): Future<ResultOf<M, K>>;
  /**
   * Submits a call with options for its task. Everything else is as for the name of an export.
   *
   * @param options The options of the task.
   * @param fn The function.
   * @param args Its arguments.
   * @returns The future of what the function returns, awaited.
   */
  submitWith<A extends unknown[], R>(options: TaskOptions, fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  // deno-lint-ignore no-explicit-any -- the overloads above are the types
  submitWith(options: TaskOptions, fn: string | AnyFunction, ...args: unknown[]): Future<any> {
    this.#refuseIfClosed();
    checkTaskOptions(options);
    return this.#submit(this.#engine.refer(fn), args, options);
  }

  /**
   * Calls a function with the items of one or more inputs, side by side, and yields the results in order. It ends with the shortest input.
   *
   * - It starts at once, and reads the inputs as results are taken, at most `bufferSize` calls ahead: an endless input runs in
   *   constant memory.
   * - The results before an error come first, then the `next()` of the failed call rejects; later calls of `next()` continue after it.
   * - When `timeoutMs` is over, the `next()` that waits rejects with `TimeoutError`, and the iterator has ended.
   * - An iterator that ends early cancels what has not started, lets what has started go on, closes the inputs, and leaves the executor usable.
   * - At `shutdown()`, inputs of known length (arrays, sets, strings …) are read to their end, unless a `bufferSize` was given. Others
   *   are read no further: behind the results of what was submitted, `next()` rejects with `PoolClosedError`.
   *
   * @param name The name of an export of the executor's module; the next overloads take a function.
   * @param inputs Iterables or async iterables, one for each parameter; behind them, options.
   * @returns An iterator over the results.
   * @throws {TypeError} If an input cannot be iterated, or an option has the wrong name or type.
   * @throws {RangeError} If a number is out of its range.
   * @throws {FunctionNotFoundError} If the function can never run in a worker.
   * @throws {PoolClosedError} If the executor was shut down before.
   *
   * @example With options
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 2 });
   * const lengths = executor.map((word: string) => word.length, ["a", "bc"], { chunkSize: 2, timeoutMs: 10_000 });
   * console.log(await Array.fromAsync(lengths)); // [1, 2]
   * ```
   */
  map<K extends FunctionName<M>>(
    name: K,
    ...inputs: InputsOf<ArgumentsOf<M, K>>
  ): AsyncIterableIterator<ResultOf<M, K>>;
  /**
   * Calls an export with the items of inputs; options come last.
   *
   * @param name The name of an export of the executor's module.
   * @param inputsAndOptions Iterables or async iterables, one for each parameter, and the options.
   * @returns An iterator over the results, in order.
   */
  map<K extends FunctionName<M>>(
    name: K,
    ...inputsAndOptions: InputsThenOptions<ArgumentsOf<M, K>>
  ): AsyncIterableIterator<ResultOf<M, K>>;
  /**
   * Calls a function with the items of inputs.
   *
   * @param fn The function.
   * @param inputs Iterables or async iterables, one for each parameter.
   * @returns An iterator over the results, in order.
   */
  map<I extends Items<unknown>[], R>(
    fn: (...items: ItemsOf<I>) => R,
    ...inputs: I
  ): AsyncIterableIterator<Awaited<R>>;
  /**
   * Calls a function with the items of inputs; options come last.
   *
   * @param fn The function.
   * @param inputsAndOptions Iterables or async iterables, one for each parameter, and the options.
   * @returns An iterator over the results, in order.
   */
  map<I extends Items<unknown>[], R>(
    fn: (...items: ItemsOf<I>) => R,
    ...inputsAndOptions: [...inputs: I, options: ExecutorMapOptions]
  ): AsyncIterableIterator<Awaited<R>>;
  // deno-lint-ignore no-explicit-any -- the overloads above are the types
  map(fn: string | AnyFunction, ...rest: any): AsyncIterableIterator<any> {
    this.#refuseIfClosed();
    return startMap(this.#engine, fn, rest);
  }

  /**
   * Takes no more work: later calls throw a `PoolClosedError`. What was submitted goes on, then the workers leave. Harmless when called again.
   *
   * With `wait: false` it resolves at once; the program still ends only when the work is done.
   *
   * @param options Whether to wait, and whether to cancel what has not started.
   * @throws {TypeError} If an option has the wrong name or type.
   *
   * @example Without what has not started
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * const executor = new ProcessPoolExecutor({ maxWorkers: 1 });
   * const futures = [1, 2, 3].map((x) => executor.submit(Math.sqrt, x));
   * await executor.shutdown({ cancelFutures: true });
   * console.log(futures.map((future) => future.cancelled())); // [true, true, true]
   * ```
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    refuseSurplus("shutdown(options)", arguments, 1);
    const { wait, cancelFutures } = resolveShutdownOptions(options);
    this.#engine.close();
    if (cancelFutures) {
      this.#engine.jobs.end({
        how: "stop",
        error: cancelledError("before it started: the executor was shut down"),
      });
      for (const future of [...this.#pending]) future.cancel();
    }
    if (wait) await this.#engine.join("drain");
    else this.#engine.jobs.end({ how: "drain" });
  }

  /**
   * Ends all workers now, with SIGTERM, and after `killGraceMs` with SIGKILL. Everything that is not done is cancelled, including what runs,
   * and the executor is unusable. Harmless without workers, or when the executor has ended.
   *
   * Python's `terminate_workers`. Resolves when no process is left.
   *
   * @example Without waiting for work
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * const executor = new ProcessPoolExecutor({ maxWorkers: 1 });
   * const endless = executor.submit(() => {
   *   while (true);
   * });
   * await executor.terminateWorkers();
   * console.log(endless.cancelled()); // true
   * ```
   */
  async terminateWorkers(): Promise<void> {
    refuseArguments("terminateWorkers()", arguments);
    await this.#engine.terminate();
  }

  /**
   * Does what `terminateWorkers` does, with SIGKILL at once.
   *
   * Python's `kill_workers`. Resolves when no process is left.
   *
   * @example Without asking
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * const executor = new ProcessPoolExecutor({ maxWorkers: 1 });
   * const deaf = executor.submit(() => {
   *   Deno.addSignalListener("SIGTERM", () => {});
   *   while (true);
   * });
   * await executor.killWorkers();
   * console.log(deaf.cancelled()); // true
   * ```
   */
  async killWorkers(): Promise<void> {
    refuseArguments("killWorkers()", arguments);
    await this.#engine.terminate("kill");
  }

  /** Does what `shutdown()` does; after `scopeTimeoutMs`, if set, what `terminateWorkers()` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#engine.close();
    await endScope(this.#engine, this.#engine.join("drain"));
  }

  #submit(spec: FunctionSpec, args: unknown[], options: TaskOptions): Future<unknown> {
    return submitCall({ engine: this.#engine, pending: this.#pending, spec, args, options });
  }

  #refuseIfClosed(): void {
    const refusal = this.#engine.refusal;
    if (refusal !== undefined) throw refusal;
  }
}

brand({ ProcessPoolExecutor });
