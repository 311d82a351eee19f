/** What an input is, by its first bytes. */

/** What an input is, where its beginning says so. */
export type Kind =
  | { readonly type: "gzip" }
  /** `remedy` says how to get at its text. */
  | { readonly type: "packed" | "foreign"; readonly name: string; readonly remedy: string }
  | { readonly type: "text"; readonly name: string; readonly encoding: string };

type Magic = readonly [bytes: string | readonly number[], kind: Kind];

const packed = (name: string, command: string): Kind => ({
  type: "packed",
  name,
  remedy: `\`${command} FILE | corral map …\``,
});
const foreign = (name: string, remedy: string): Kind => ({ type: "foreign", name, remedy });
const TABLE = "its table as CSV";

const MAGIC = ([
  [[0x1F, 0x8B], { type: "gzip" }],
  [[0x1F, 0x9D], packed("compress", "zcat")],
  [[0x28, 0xB5, 0x2F, 0xFD], packed("zstd", "zstdcat")],
  [[0x04, 0x22, 0x4D, 0x18], packed("lz4", "lz4cat")],
  [[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], packed("xz", "xzcat")],
  ["7z\xBC\xAF\x27\x1C", packed("7-Zip", "7z x -so")],
  ...Array.from("123456789", (level): Magic => [`BZh${level}1AY&SY`, packed("bzip2", "bzcat")]),
  ...Array.from("123456789", (level): Magic => [`BZh${level}\x17rE8P\x90`, packed("bzip2", "bzcat")]),
  ["PK\x03\x04\x14\x00\x06\x00", foreign("a workbook of a spreadsheet", TABLE)],
  ["PK\x03\x04", packed("zip", "unzip -p")],
  ["\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", foreign("a workbook of a spreadsheet", TABLE)],
  // Behind it begins a structure; a table may have a column of that name.
  ["PAR1\x15", foreign("Parquet", TABLE)],
  ["SQLite format 3\0", foreign("a database of SQLite", "`sqlite3 -json FILE 'select …' | corral map --in json …`")],
  [[0xFF, 0xFE, 0, 0], foreign("UTF-32", "`iconv -f UTF-32 -t UTF-8 FILE | corral map …`")],
  [[0, 0, 0xFE, 0xFF], foreign("UTF-32", "`iconv -f UTF-32 -t UTF-8 FILE | corral map …`")],
  [[0xFF, 0xFE], { type: "text", name: "UTF-16 (little endian)", encoding: "utf-16le" }],
  [[0xEF, 0xBB, 0xBF], { type: "text", name: "UTF-8 (by its byte order mark)", encoding: "utf-8" }],
  [[0xFE, 0xFF], { type: "text", name: "UTF-16 (big endian)", encoding: "utf-16be" }],
] satisfies readonly Magic[]).map(([magic, kind]) => {
  const bytes = typeof magic === "string" ? Array.from(magic, (char) => char.charCodeAt(0)) : magic;
  return { bytes, kind };
});

/** What the bytes at the beginning say; nothing if they say nothing. In some texts NULs mean something. */
export function kindOf(bytes: Uint8Array, mayHaveNuls: boolean): Kind | undefined {
  const known = MAGIC.find((magic) => magic.bytes.every((byte, at) => bytes[at] === byte));
  if (known !== undefined) return known.kind;
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
  return MAGIC.some((magic) => {
    return bytes.length < magic.bytes.length && bytes.every((byte, at) => magic.bytes[at] === byte);
  });
}

function isAscii(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 9 && byte < 127;
}
