/** Tasks of every outcome. */
import { task } from "@corral/multiprocessing/child";

/** Gives a result. */
export const double = (x: number): number => x * 2;

/** Fails. */
export function fail(x: number): never {
  throw new RangeError(`task ${x} failed`);
}

/** Takes its process with it. */
export function exit(code: number): never {
  Deno.exit(code);
}

/** Goes on until it is told to stop. */
export async function workUntilStopped(): Promise<void> {
  const { signal } = task;
  const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));
  task.progress("started");
  await stopped;
}
