import "../handles.ts";
import { brand, shared } from "../copies.ts";
import { ownProcess } from "../own_process.ts";
import type { AnyFunction } from "../worker/function_table.ts";
import { type ProcessOptions, resolveProcessOptions } from "./options.ts";
import { OwnState } from "./own_state.ts";
import { ChildState, type ProcessState } from "./process_state.ts";
import type { ProcessStart } from "./started_process.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";

// An instance whose run() runs here was not made by its constructor, and so has no state of its own.
let stateOf: (process: object) => ProcessState;

// The children of this process that have started and not ended, whichever copy of the library has started them.
const children = shared("children", () => new Set<Process>());

/**
 * One function, or the `run()` of a subclass, in an operating system process of its own.
 *
 * - It starts with `start()`, once, and ends when its function has returned and its timers and promises are done.
 * - It may do what `permissions` grants, and that is nothing unless you say so.
 * - A process that is not a daemon keeps this program alive until it ends. A daemon ends when this program comes to its end.
 * - None outlives this program, however that ends, unless it is `detached`.
 * - What it prints is on this program's stdout and stderr, whole, when `join()` resolves.
 * - An uncaught error prints its stack on stderr and ends it with exit code 1; `Deno.exit(n)` ends it with `n`.
 * - Queues, locks and every other handle may be in `args`, and in the fields of a subclass's instance.
 * - `await using` ends it with SIGTERM, if it still runs, and waits for its end.
 *
 * Python's `multiprocessing.Process`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process). For many short calls, use a `Pool`.
 *
 * @typeParam F The target.
 *
 * @example A function in a process of its own
 * ```ts
 * import { Process, Queue } from "@corral/multiprocessing";
 *
 * const queue = new Queue<number>();
 * const process = new Process({
 *   target: async (queue: Queue<number>, n: number) => await queue.put(n * n),
 *   args: [queue, 12],
 * });
 * process.start();
 * console.log(await queue.get()); // 144
 * console.log(await process.join(), process.exitCode); // true 0
 * ```
 *
 * @example A class of your own, exported by the module that it is in
 * ```ts no-eval
 * import { Process, Queue } from "@corral/multiprocessing";
 *
 * export class Upper extends Process {
 *   constructor(readonly input: Queue<string>, readonly output: Queue<string>) {
 *     super({ module: import.meta });
 *   }
 *
 *   override async run() {
 *     while (true) await this.output.put((await this.input.get()).toUpperCase());
 *   }
 * }
 *
 * if (import.meta.main) {
 *   const [input, output] = [new Queue<string>(), new Queue<string>()];
 *   await using upper = new Upper(input, output);
 *   upper.start();
 *   await input.put("loud");
 *   console.log(await output.get()); // LOUD
 * }
 * ```
 *
 * @example Ending one that goes on
 * ```ts
 * import { Process } from "@corral/multiprocessing";
 *
 * const process = new Process({ target: () => void setInterval(() => {}, 1000) });
 * process.start();
 * console.log(process.isAlive()); // true
 * process.terminate(); // or process.kill(), which no process can ignore
 * await process.join();
 * console.log(process.exitCode); // -15
 * process.close();
 * ```
 */
export class Process<F extends AnyFunction = AnyFunction> {
  readonly #state: ProcessState;

  /**
   * Describes a process. Nothing starts yet.
   *
   * @param options What it runs, and what it may do. Arguments are read at `start()`.
   * @throws {TypeError} If an option has a wrong name or type, or a subclass with a `run()` does not say its `module`.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: ProcessOptions<F> = {}) {
    refuseSurplus("new Process(options)", arguments, 1);
    const { name } = new.target;
    if (this.run !== Process.prototype.run && options.module === undefined) {
      throw new TypeError(
        `Cannot make a process of class ${name}: it has a run() of its own, and needs the module that exports it, ` +
          "pass module: import.meta",
      );
    }
    this.#state = new ChildState(resolveProcessOptions(options as ProcessOptions, name));
  }

  /** Its label. It can be changed; a process that was started does not hear of it. */
  get name(): string {
    return stateOf(this).name;
  }

  set name(name: string) {
    stateOf(this).name = name;
  }

  /** Whether it ends when the program that started it comes to its end. It can be changed until the start; later that throws an `Error`. */
  get daemon(): boolean {
    return stateOf(this).daemon;
  }

  set daemon(daemon: boolean) {
    stateOf(this).daemon = daemon;
  }

  /** The operating system's id of the process; `null` before the start. */
  get pid(): number | null {
    return stateOf(this).pid;
  }

  /**
   * `null` until it has ended; then 0 if all went well, 1 after an uncaught error, `n` after `Deno.exit(n)`, and `-n` if signal
   * `n` ended it.
   */
  get exitCode(): number | null {
    return stateOf(this).exitCode;
  }

  /**
   * Resolves with the exit code when it has ended. Unlike `join()`, it does not keep this program alive for a daemon.
   *
   * @throws {Error} If it was not started.
   * @throws {ClosedError} If it was closed.
   */
  get sentinel(): Promise<number> {
    return stateOf(this).sentinel;
  }

  /**
   * What the process does: calls the target. A subclass can override it; it then runs in the child, with the fields of this
   * instance, but not its `#private` ones. A call in this program runs it in this program.
   *
   * @returns What the target returns.
   */
  run(): unknown {
    return stateOf(this).runTarget();
  }

  /**
   * Starts it. Returns at once; what goes wrong in the process itself is in its exit code and on stderr.
   *
   * @throws {Error} If it was started before, or while a module is being loaded in a worker.
   * @throws {PermissionError} If this program may not start Deno, or does not hold what `permissions` grants.
   * @throws {EncodingError} If an argument or a field cannot travel; its `path` says which.
   * @throws {FunctionNotFoundError} If the target cannot be sent.
   * @throws {WorkerStartError} If the operating system refuses.
   * @throws {ClosedError} If it was closed.
   * @throws {TypeError} If a subclass has a field of the name of a property that only reads.
   */
  start(): void {
    refuseArguments("start()", arguments);
    adoptFields(this);
    const what = { subclass: subclassOf(this), fields: { ...this } as Record<string, unknown> };
    stateOf(this).start(what, () => children.delete(this));
    children.add(this);
  }

  /**
   * Waits for its end.
   *
   * @param timeoutMs How many milliseconds at most; 0 or less does not wait. @default as long as it takes
   * @returns Whether it has ended.
   * @throws {Error} If it was not started, or is this process itself.
   * @throws {ClosedError} If it was closed.
   * @throws {TypeError} If `timeoutMs` is not a number; a `RangeError` if it is NaN.
   */
  async join(timeoutMs?: number): Promise<boolean> {
    refuseSurplus("join(timeoutMs)", arguments, 1);
    return await stateOf(this).join(timeoutMs);
  }

  /** Whether it was started and has not ended. */
  isAlive(): boolean {
    refuseArguments("isAlive()", arguments);
    return stateOf(this).isAlive();
  }

  /**
   * Sends SIGTERM, which ends it unless its code listens for that. Nothing happens if it has ended.
   *
   * @throws {Error} If it was not started.
   * @throws {ClosedError} If it was closed.
   */
  terminate(): void {
    refuseSurplus("terminate()", arguments, 0);
    stateOf(this).signal("SIGTERM", "terminate");
  }

  /** Sends SIGKILL, which always ends it; otherwise as {@linkcode terminate}. */
  kill(): void {
    refuseSurplus("kill()", arguments, 0);
    stateOf(this).signal("SIGKILL", "kill");
  }

  /**
   * Declares that it is no longer needed: all but its name, `daemon` and `run()` then throw a ClosedError. Harmless when called again.
   *
   * @throws {Error} If it is running.
   */
  close(): void {
    refuseArguments("close()", arguments);
    stateOf(this).close();
  }

  /** Ends it with SIGTERM, if it runs, and with SIGKILL after `killGraceMs`. Waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await stateOf(this).dispose();
  }

  static {
    stateOf = (process) => #state in process ? process.#state : new OwnState();
  }
}

/**
 * Gives its properties what a subclass has declared as fields, as plain JavaScript lets it: `daemon = true` defines a field that hides the
 * property, and the program would wait for what says of itself that it is a daemon.
 */
function adoptFields(process: Process): void {
  for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(Process.prototype))) {
    if (get === undefined || !Object.hasOwn(process, name)) continue;
    if (set === undefined) {
      throw new TypeError(
        `Cannot start ${
          stateOf(process).name
        }: its class has a field "${name}", which hides what Process says there, name it otherwise`,
      );
    }
    const value = Reflect.get(process, name);
    Reflect.deleteProperty(process, name);
    Reflect.set(process, name, value);
  }
}

function subclassOf(process: Process): ProcessStart["subclass"] {
  if (process.run === Process.prototype.run) return null;
  const { constructor } = process;
  return { name: constructor.name, source: Function.prototype.toString.call(constructor) };
}

/**
 * The process that this code runs in: for a subclass the instance whose `run()` runs, for a pool's task the pool's worker.
 *
 * Python's `multiprocessing.current_process`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.current_process).
 *
 * @returns The process. It cannot wait for its own end, or signal itself: `join()`, `terminate()` and `kill()` throw an `Error`.
 *
 * @example
 * ```ts
 * import { currentProcess } from "@corral/multiprocessing";
 *
 * console.log(currentProcess().name); // MainProcess
 * ```
 */
export function currentProcess(): Process {
  refuseArguments("currentProcess()", arguments);
  const own = ownProcess();
  own.instance ??= Object.create(Process.prototype) as Process;
  return own.instance as Process;
}

/**
 * The processes that this one has started and that have not ended. Workers of pools are not among them.
 *
 * Python's `multiprocessing.active_children`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.active_children).
 *
 * @returns A new array, in the order in which they were started.
 *
 * @example
 * ```ts
 * import { activeChildren, Process } from "@corral/multiprocessing";
 *
 * const process = new Process({ target: () => {} });
 * process.start();
 * console.log(activeChildren().length); // 1
 * await process.join();
 * console.log(activeChildren().length); // 0
 * ```
 */
export function activeChildren(): Process[] {
  refuseArguments("activeChildren()", arguments);
  return [...children];
}

brand({ Process });
