/**
 * Many small binary parts as one piece: each by itself would be a key in the store and a way there and back, and its hash in the letter longer than
 * what it holds. How many there are, the length of each, and what they hold.
 */

/** Larger ones are pieces of their own: an equal one of another task need not be stored again. */
const SMALL_BYTES = 16 * 1024;
/** So few are not worth it. */
const FEW = 16;
/** As much as a task takes in one go. A server takes twice that in one piece. */
const MOST_BYTES = 256 * 1024 * 1024;
/** In the place of a length: a part that is not in the bundle. */
const ALONE = 0xffff_ffff;
const NUMBER_BYTES = 4;

/** The parts that go into a bundle; nothing where they are few. */
export function bundledOf(parts: readonly Uint8Array[]): ReadonlySet<Uint8Array> | undefined {
  const small = parts.filter(({ byteLength }) => byteLength < SMALL_BYTES);
  const bytes = small.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return small.length > FEW && bytes <= MOST_BYTES ? new Set(small) : undefined;
}

/** Puts parts together. */
export function bundle(parts: readonly Uint8Array[], bundled: ReadonlySet<Uint8Array>): Uint8Array {
  const inside = parts.filter((part) => bundled.has(part));
  const head = (1 + parts.length) * NUMBER_BYTES;
  const bytes = new Uint8Array(inside.reduce((sum, { byteLength }) => sum + byteLength, head));
  const numbers = new DataView(bytes.buffer);
  numbers.setUint32(0, parts.length);
  parts.forEach((part, index) =>
    numbers.setUint32((1 + index) * NUMBER_BYTES, bundled.has(part) ? part.byteLength : ALONE)
  );
  let at = head;
  for (const part of inside) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** All parts in their order, each in memory of its own, given those that are not in the bundle. Throws TypeError. */
export function unbundle(bytes: Uint8Array, alone: readonly Uint8Array[]): Uint8Array[] {
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength < NUMBER_BYTES ? NaN : numbers.getUint32(0);
  let at = (1 + count) * NUMBER_BYTES;
  let taken = 0;
  if (!(at <= bytes.byteLength)) throw malformed();
  const parts = Array.from({ length: count }, (_, index) => {
    const length = numbers.getUint32((1 + index) * NUMBER_BYTES);
    if (length === ALONE) return alone[taken++] ?? raise();
    if (at + length > bytes.byteLength) throw malformed();
    return bytes.slice(at, at += length);
  });
  if (at !== bytes.byteLength || taken !== alone.length) throw malformed();
  return parts;
}

function raise(): never {
  throw malformed();
}

function malformed(): TypeError {
  return new TypeError("a bundle of parts is not what this library packs");
}
