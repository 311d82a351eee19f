/** Numbers as people read them. */

/**
 * Writes a count for people: `1,234,567`.
 *
 * @param count The number.
 * @returns It, with commas between the thousands.
 *
 * @example
 * ```ts
 * import { formatCount } from "@corral/multiprocessing/progress/parts";
 *
 * console.log(formatCount(1234567)); // 1,234,567
 * ```
 */
export function formatCount(count: number): string {
  return count.toLocaleString("en-GB");
}

/**
 * Writes a rate for people: `45.2K/s`.
 *
 * @param perSecond How many per second.
 * @returns It, with three digits.
 *
 * @example
 * ```ts
 * import { formatRate } from "@corral/multiprocessing/progress/parts";
 *
 * console.log(formatRate(45_200)); // 45.2K/s
 * ```
 */
export function formatRate(perSecond: number): string {
  return `${perSecond.toLocaleString("en-GB", { notation: "compact", maximumSignificantDigits: 3 })}/s`;
}

/**
 * Writes a size for people: `1.2 MB`.
 *
 * @param bytes How many bytes.
 * @returns It, with three digits, in bytes, kB, MB, GB or TB of 1000 each.
 *
 * @example
 * ```ts
 * import { formatBytes } from "@corral/multiprocessing/progress/parts";
 *
 * console.log(formatBytes(1_200_000)); // 1.2 MB
 * ```
 */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; bytes >= 1000 && at < units.length - 1; at++) bytes /= 1000;
  return `${at === 0 ? bytes : toDigits(bytes)} ${units[at]}`;
}

/**
 * Writes a duration for people: `250 µs`, `12.3 s`, `3 min 05 s`, `2 h 05 min`.
 *
 * @param ms How many milliseconds.
 * @returns It, in the unit that fits.
 *
 * @example
 * ```ts
 * import { formatDuration } from "@corral/multiprocessing/progress/parts";
 *
 * console.log(formatDuration(185_000)); // 3 min 05 s
 * ```
 */
export function formatDuration(ms: number): string {
  if (ms < 0.9995) return `${toDigits(ms * 1000)} µs`;
  if (ms < 999.5) return `${toDigits(ms)} ms`;
  if (ms < 59_950) return `${toDigits(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** Three digits that count, and no zeros at the end. */
function toDigits(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}

function pad(value: number): string {
  return `${value}`.padStart(2, "0");
}
