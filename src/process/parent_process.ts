import { hub } from "../hub/hub.ts";
import { ownProcess, type ParentIdentity } from "../own_process.ts";
import { untilSettled } from "../timer.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";

/**
 * The process that started this one.
 *
 * @example Who started this process
 * ```ts
 * import { parentProcess } from "@corral/multiprocessing";
 *
 * const parent = parentProcess();
 * if (parent === null) {
 *   console.log("This is the main program"); // This is the main program
 * } else if (parent.isAlive()) {
 *   console.log(`${parent.name}, pid ${parent.pid}`);
 *   await parent.join();
 * }
 * ```
 */
export class ParentProcess {
  readonly #identity: ParentIdentity;

  /** @ignore `parentProcess()` makes it. */
  constructor(identity: ParentIdentity) {
    this.#identity = identity;
  }

  /** Its name. */
  get name(): string {
    return this.#identity.name;
  }

  /** The operating system's id of it. */
  get pid(): number {
    return this.#identity.pid;
  }

  /** Whether it runs. Only a detached process ever sees `false`: any other ends with its parent. */
  isAlive(): boolean {
    refuseArguments("isAlive()", arguments);
    return this.#identity.isAlive();
  }

  /**
   * Waits for its end.
   *
   * @param timeoutMs How many milliseconds at most; 0 or less does not wait. @default as long as it takes
   * @returns Whether it has ended.
   * @throws {TypeError} If `timeoutMs` is not a number; a `RangeError` if it is NaN.
   */
  async join(timeoutMs = Infinity): Promise<boolean> {
    refuseSurplus("join(timeoutMs)", arguments, 1);
    if (!this.isAlive()) return true;
    await hub.waits.track(untilSettled(this.#identity.ended, { timeoutMs }));
    return !this.isAlive();
  }
}

/**
 * The process that started this one, or `null` in the main program.
 *
 * Python's `multiprocessing.parent_process`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.parent_process).
 *
 * @returns The parent, as this process sees it.
 *
 * @example
 * ```ts
 * import { parentProcess } from "@corral/multiprocessing";
 *
 * console.log(parentProcess()?.name ?? "This is the main program");
 * ```
 */
export function parentProcess(): ParentProcess | null {
  refuseArguments("parentProcess()", arguments);
  const { parent } = ownProcess();
  return parent === undefined ? null : new ParentProcess(parent);
}
