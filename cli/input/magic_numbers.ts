/** What an input is, by its first bytes. */

/** What is not text in UTF-8. */
export type Kind =
  | { readonly type: "gzip" }
  | { readonly type: "packed"; readonly name: string; readonly command: string }
  | { readonly type: "text"; readonly name: string; readonly encoding: string };

const MAGIC: readonly (readonly [bytes: readonly number[], kind: Kind])[] = [
  [[0x1F, 0x8B], { type: "gzip" }],
  [[0x28, 0xB5, 0x2F, 0xFD], { type: "packed", name: "zstd", command: "zstdcat" }],
  [[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], { type: "packed", name: "xz", command: "xzcat" }],
  [[0x42, 0x5A, 0x68, 0x39, 0x31, 0x41], { type: "packed", name: "bzip2", command: "bzcat" }],
  [[0x50, 0x4B, 0x03, 0x04], { type: "packed", name: "zip", command: "unzip -p" }],
  [[0xFF, 0xFE], { type: "text", name: "UTF-16 (little endian)", encoding: "utf-16le" }],
  [[0xFE, 0xFF], { type: "text", name: "UTF-16 (big endian)", encoding: "utf-16be" }],
];

/** What the bytes at the beginning say; nothing if it may be UTF-8. In some texts NULs mean something. */
export function kindOf(bytes: Uint8Array, mayHaveNuls: boolean): Kind | undefined {
  const known = MAGIC.find(([magic]) => magic.every((byte, at) => bytes[at] === byte));
  if (known !== undefined) return known[1];
  if (mayHaveNuls) return undefined;
  // UTF-16 without a mark: text of the kind that there is most begins with a NUL in every other place.
  const [first, second, third, fourth] = bytes;
  if (isAscii(first) && second === 0 && isAscii(third) && fourth === 0) {
    return { type: "text", name: "UTF-16 (little endian)", encoding: "utf-16le" };
  }
  if (first === 0 && isAscii(second) && third === 0 && isAscii(fourth)) {
    return { type: "text", name: "UTF-16 (big endian)", encoding: "utf-16be" };
  }
  return undefined;
}

/** Whether more bytes could make these the beginning of something. Text goes on at once, as slowly as it comes. */
export function isPrefixOfMagic(bytes: Uint8Array, mayHaveNuls: boolean): boolean {
  if (!mayHaveNuls && bytes.length < 4 && bytes.includes(0)) return true;
  return MAGIC.some(([magic]) => bytes.length < magic.length && bytes.every((byte, at) => magic[at] === byte));
}

function isAscii(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 9 && byte < 127;
}
