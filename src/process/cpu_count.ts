import { refuseArguments } from "../shown.ts";

/**
 * How many CPUs this process may use; a cgroup's quota counts. It is the default of a pool's `workers`.
 *
 * Python's `multiprocessing.cpu_count` counts all CPUs of the machine; this is rather its `os.process_cpu_count`
 * (https://docs.python.org/3/library/os.html#os.process_cpu_count).
 *
 * @returns A whole number, at least 1.
 *
 * @example
 * ```ts
 * import { cpuCount } from "@corral/multiprocessing";
 *
 * console.log(cpuCount() >= 1); // true
 * ```
 */
export function cpuCount(): number {
  refuseArguments("cpuCount()", arguments);
  return navigator.hardwareConcurrency || 1;
}
