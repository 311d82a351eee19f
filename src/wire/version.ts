/**
 * The version of this library, as sent in the first frame of each direction.
 *
 * @example What an agent reports
 * ```ts
 * import { VERSION } from "@corral/multiprocessing/backend";
 *
 * console.log(VERSION); // "0.1.0"
 * ```
 */
export const VERSION = "0.1.0";
