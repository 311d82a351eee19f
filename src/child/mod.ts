/**
 * What a task may ask of the worker it runs in.
 *
 * Import it in task modules. It is small, and pulls in nothing of the parent's side.
 *
 * ```ts
 * import { task } from "@corral/multiprocessing/child";
 *
 * export async function countTo(limit: number): Promise<number> {
 *   let done = 0;
 *   while (done < limit && !task.signal.aborted) {
 *     done++;
 *     if (done % 1000 === 0) task.progress(done);
 *   }
 *   return await done;
 * }
 * ```
 *
 * @module
 */
import { findRuntime, type RunningTask } from "./runtime.ts";

/** The running task, as seen from its own code. */
export interface Task {
  /** Aborted when the caller aborts the task or its time is up. If the task has not ended after the pool's `abortGraceMs`, its worker is ended. */
  readonly signal: AbortSignal;
  /** 1 for the first try, 2 for the first retry after a worker died, and so on. */
  readonly attempt: number;
  /** The number of the worker in its pool; two workers that live at the same time have different ones. */
  readonly workerId: number;
  /**
   * Sends a value to the caller's `onProgress`, and does not wait. Ignored once the task has ended.
   *
   * @param value Anything that can travel.
   * @throws {EncodingError} If it cannot.
   */
  progress(value: unknown): void;
}

/**
 * The task whose code is running.
 *
 * @throws {Error} Every member, when no task is running in this process.
 *
 * @example Reporting progress
 * ```ts
 * import { task } from "@corral/multiprocessing/child";
 *
 * export function sum(numbers: number[]): number {
 *   let total = 0;
 *   for (const [index, number] of numbers.entries()) {
 *     total += number;
 *     task.progress(index + 1);
 *   }
 *   return total;
 * }
 * ```
 */
export const task: Task = {
  get signal(): AbortSignal {
    const running = runningTask();
    running.controller ??= new AbortController();
    return running.controller.signal;
  },
  get attempt(): number {
    return runningTask().attempt;
  },
  get workerId(): number {
    runningTask();
    return findRuntime()!.workerId;
  },
  progress(value: unknown): void {
    if (arguments.length > 1) {
      throw new TypeError("Cannot report progress with two values: one is wanted, such as progress([done, total])");
    }
    const running = runningTask();
    findRuntime()!.progress(running, value);
  },
};

function runningTask(): RunningTask {
  const running = findRuntime()?.current();
  if (running === undefined) {
    throw new Error('Cannot use "task": no task is running here, it is for functions that a pool runs in a worker');
  }
  return running;
}
