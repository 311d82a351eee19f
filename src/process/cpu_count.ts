/**
 * How many CPUs this process may use, at least 1; a cgroup's quota counts.
 *
 * @example
 * ```ts
 * import { cpuCount } from "@corral/multiprocessing";
 *
 * console.log(cpuCount() >= 1); // true
 * ```
 */
export function cpuCount(): number {
  return navigator.hardwareConcurrency || 1;
}
