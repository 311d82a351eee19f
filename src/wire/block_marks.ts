/**
 * How messages and other bytes share one pipe: the descriptor that a child answers on is its standard output, and more than the child's
 * loop writes there (`fs.writeSync(1)`, threads, commands that inherit it). Messages travel in blocks, each between marks that only the two
 * sides know; what lies between blocks is output. See `docs/decisions/standard_streams.md`.
 */
const SECRET_BYTES = 12;
// Seven bits each, as digits with the highest bit set: a length is never taken for text.
const LENGTH_DIGITS = 5;
/** What the mark before a block takes. */
export const HEAD_BYTES: number = SECRET_BYTES + LENGTH_DIGITS;
const NEWLINE = 10;
// A line feed ends it: with that, the line writer of stdout hands a block over in one write.
const END_SECRET_BYTES = 5;
/** What the mark behind a block takes. */
export const END_BYTES: number = END_SECRET_BYTES + 1;
/** Makes the secret of one pipe, as a text. */
export function makeBlockSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  bytes[0] = 0xff;
  for (let at = 1; at < SECRET_BYTES; at++) bytes[at]! |= 0x80;
  return bytes.toHex();
}

/** The marks of a pipe whose secret is known. */
export class BlockMarks {
  readonly #secret: Uint8Array;
  readonly #end: Uint8Array;

  /** @param secret What {@linkcode makeBlockSecret} made. */
  constructor(secret: string) {
    this.#secret = Uint8Array.fromHex(secret);
    this.#end = Uint8Array.of(...this.#secret.subarray(0, END_SECRET_BYTES), NEWLINE);
  }

  /** Writes the mark before a block of `length` bytes, and returns where the block begins. */
  begin(target: Uint8Array, at: number, length: number): number {
    target.set(this.#secret, at);
    this.setLength(target, at, length);
    return at + HEAD_BYTES;
  }

  /** Gives the mark that was written there another length. A message has less than 4 GiB. */
  setLength(target: Uint8Array, at: number, length: number): void {
    for (let digit = 0, rest = length; digit < LENGTH_DIGITS; digit++, rest >>>= 7) {
      target[at + SECRET_BYTES + digit] = 0x80 | (rest & 0x7f);
    }
  }

  /** Writes the mark behind a block, and returns where it ends. */
  end(target: Uint8Array, at: number): number {
    target.set(this.#end, at);
    return at + END_BYTES;
  }

  /** Where a block's mark may begin, from `from` on; the length of the bytes, if nowhere. */
  find(bytes: Uint8Array, from: number): number {
    for (let at = bytes.indexOf(this.#secret[0]!, from); at >= 0; at = bytes.indexOf(this.#secret[0]!, at + 1)) {
      if (this.#agrees(bytes, at, Math.min(SECRET_BYTES, bytes.length - at))) return at;
    }
    return bytes.length;
  }

  /** The length of the block whose mark begins here; `undefined` while the mark is not whole. */
  lengthAt(bytes: Uint8Array, at: number): number | undefined {
    if (bytes.length - at < HEAD_BYTES) return undefined;
    let length = 0;
    for (let digit = LENGTH_DIGITS - 1; digit >= 0; digit--) {
      length = length * 128 + (bytes[at + SECRET_BYTES + digit]! & 0x7f);
    }
    return length;
  }

  /** Whether the end mark stands here. */
  endsAt(bytes: Uint8Array, at: number): boolean {
    return this.#agrees(bytes, at, END_SECRET_BYTES) && bytes[at + END_SECRET_BYTES] === NEWLINE;
  }

  #agrees(bytes: Uint8Array, at: number, count: number): boolean {
    for (let index = 0; index < count; index++) if (bytes[at + index] !== this.#secret[index]) return false;
    return true;
  }
}
