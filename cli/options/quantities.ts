/** Reads numbers, times and sizes as people write them. */
import { UsageError } from "../errors/usage_error.ts";

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
const BYTES: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A whole number from `least` to `most`. */
export function wholeNumber(flag: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  const wanted = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --${flag}: a whole number ${wanted} is wanted`);
}

/** A share like `50%`, as its number; `undefined` if it is not one. */
export function percentage(text: string): number | undefined {
  const [, number] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  return number === undefined || Number(number) === 0 ? undefined : Number(number);
}

/** A time like `500ms`, `30s`, `1.5m` or `2h`, in milliseconds. */
export function duration(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (MS[unit ?? ""] ?? NaN);
  if (ms > 0) return ms;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --${flag}: a time like 500ms, 30s, 5m or 2h is wanted`);
}

/** A size like `4096`, `64K`, `16M` or `2G`, in bytes. */
export function byteSize(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([bkmg]?)(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Number(number) * (BYTES[unit?.toLowerCase() ?? "-"] ?? NaN);
  if (bytes >= 1) return Math.floor(bytes);
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --${flag}: a size like 64K, 256M or 2G is wanted`);
}

const PER_SECOND: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** A rate like `10/s`, `90/m` or `1000/h`, as a number a second. */
export function rate(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\/(s|m|min|h)$/.exec(text) ?? [];
  const perSecond = Number(number) / (PER_SECOND[unit ?? ""] ?? NaN);
  if (perSecond > 0 && perSecond < Infinity) return perSecond;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --${flag}: a rate like 10/s, 90/m or 1000/h is wanted`);
}
