/** The path of a file beside `bench/start.ts`. */
export function fromFileUrl(relative: string): string {
  return decodeURIComponent(new URL(relative, new URL("../", import.meta.url)).pathname);
}

/** The middle one of numbers. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}
