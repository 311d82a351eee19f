import { REF, registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { checkTimeout } from "../timer.ts";
import { type BarrierAction, BarrierObject } from "./barrier_object.ts";

const TYPE = "Barrier";

/** How a barrier works. */
export interface BarrierOptions {
  /**
   * Runs once per pass, when all have come and before they go on. It runs in the process that made the barrier, for
   * the party that came last: if it fails, that party gets its error, and the others BrokenBarrierError. It may be
   * asynchronous. @default nothing
   */
  action?: BarrierAction | undefined;
  /** How many milliseconds each party waits if its `wait()` does not say; 0 or less does not wait. @default as long as it takes */
  timeoutMs?: number | undefined;
}

/**
 * A place where a number of parties wait until all of them have come, again and again.
 *
 * - If the time of one party is up, or it gives up or dies while it waits, the barrier is broken: all who wait, and all who
 *   come later, get BrokenBarrierError, until `reset()`.
 * - A party that dies before it comes is not missed: use `timeoutMs`.
 *
 * Python's `multiprocessing.Barrier` (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Barrier).
 *
 * @example Two tasks in step
 * ```ts
 * import { Barrier, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 2 });
 * const barrier = new Barrier(2, { action: () => console.log("both are here"), timeoutMs: 10_000 });
 * const indexes = await Promise.all([1, 2].map(() => pool.apply((barrier: Barrier) => barrier.wait(), [barrier])));
 * console.log(indexes.sort()); // [0, 1]
 * ```
 *
 * @example Broken, and made whole
 * ```ts
 * import { Barrier } from "@corral/multiprocessing";
 *
 * const barrier = new Barrier(2);
 * console.log(await barrier.parties(), await barrier.nWaiting()); // 2 0
 * await barrier.abort();
 * console.log(await barrier.broken()); // true
 * await barrier.reset();
 * console.log(await barrier.broken()); // false
 * ```
 */
export class Barrier extends SharedHandle {
  /**
   * Makes a barrier that nobody waits at. It lives in this process.
   *
   * @param parties How many must come, at least 1.
   * @param options What runs when all have come, and how long each waits.
   * @throws {RangeError} If that is less than 1, or not a whole number.
   * @throws {TypeError} If an option has the wrong name or type.
   */
  constructor(parties: number, options: BarrierOptions = {}) {
    refuseSurplus("new Barrier(parties, options)", arguments, 2);
    if (!Number.isSafeInteger(parties) || parties < 1) {
      throw new RangeError(`Cannot make a barrier for ${shown(parties)}: a whole number is wanted, 1 or more`);
    }
    const { action, timeoutMs } = checkedOptions(options);
    super(hub.own(TYPE, new BarrierObject({ parties, action, timeoutMs })));
  }

  /**
   * Waits until all parties have come. When the last has come, none can give up any more.
   *
   * @param wait How long; without `timeoutMs`, as long as the barrier's options say.
   * @returns The number of the party in this pass, from 0 to `parties` - 1, in the order in which they came.
   * @throws {BrokenBarrierError} If the barrier is broken, or breaks, even by this wait's own `timeoutMs`.
   * @throws `signal.reason`, if the wait was aborted. That breaks the barrier for the others.
   * @throws What the action throws, in the party that came last.
   * @throws {ClosedError} If the barrier was closed.
   * @throws {TypeError} If the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   */
  async wait(wait?: WaitOptions): Promise<number> {
    refuseSurplus("wait(wait)", arguments, 1);
    return await this[REF].call("wait", [wait?.timeoutMs === Infinity], wait) as number;
  }

  /** Mends the barrier, and empties it: those who wait get BrokenBarrierError. */
  async reset(): Promise<void> {
    refuseArguments("reset()", arguments);
    await this[REF].call("reset", []);
  }

  /** Breaks the barrier: those who wait, and those who come, get BrokenBarrierError. */
  async abort(): Promise<void> {
    refuseArguments("abort()", arguments);
    await this[REF].call("abort", []);
  }

  /** How many must come. */
  async parties(): Promise<number> {
    refuseArguments("parties()", arguments);
    return await this[REF].call("parties", []) as number;
  }

  /** How many wait. */
  async nWaiting(): Promise<number> {
    refuseArguments("nWaiting()", arguments);
    return await this[REF].call("nWaiting", []) as number;
  }

  /** Whether it is broken. */
  async broken(): Promise<boolean> {
    refuseArguments("broken()", arguments);
    return await this[REF].call("broken", []) as boolean;
  }
}

function checkedOptions(options: BarrierOptions): BarrierOptions {
  if (typeof options !== "object" || options === null) {
    const wanted = typeof options === "function" ? "{ action }" : "{ timeoutMs: 1000 }";
    throw new TypeError(`Cannot make a barrier: the options are ${shown(options)}, wanted ${wanted}`);
  }
  for (const name of Object.keys(options)) {
    if (name === "action" || name === "timeoutMs") continue;
    throw new TypeError(
      `Cannot make a barrier: "${name}" is not an option of a barrier, wanted "action" or "timeoutMs"`,
    );
  }
  const { action, timeoutMs } = options;
  if (action !== undefined && typeof action !== "function") {
    throw new TypeError(`Cannot make a barrier: its action is ${shown(action)}, a function is wanted`);
  }
  checkTimeout(timeoutMs);
  return options;
}

registerHandleClass(TYPE, Barrier);
