/** What the benchmark's agents run. */
export const same = (x: number): number => x;
export const byteCount = (bytes: Uint8Array): number => bytes.length;
