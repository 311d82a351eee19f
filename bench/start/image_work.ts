/** What the rows of images work on, and what they do with each. */

/** 16 images of 3 MB. */
export function makeImages(): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: 16 }, (_, index) => new Uint8Array(3_000_000).fill(index));
}

/** Computes for 10 ms. */
export function work(image: Uint8Array): number {
  let sum = 0;
  for (const end = performance.now() + 10; performance.now() < end;) sum += image[sum % image.length]!;
  return sum;
}
