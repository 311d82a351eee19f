/**
 * A part that is lines of JSON, or a long list of numbers, of which the receiver makes a value while they arrive: neither side ever has the
 * whole text. To all who only pass parts on it is bytes like any other.
 */
export class LinePart extends Uint8Array<ArrayBuffer> {
  /** Of a part that was received: what its lines hold. It has no bytes then. */
  value: unknown = undefined;
  /** What the value costs its receiver beside the parsing of its text. Of a part that was received: what it may cost at most. */
  cost = 0;
  /** Of a part that is a list of numbers: how much memory it takes there. */
  valueBytes = 0;
  /** Of a part that was written: the memory that it lies in, when that is used again. */
  lent: Uint8Array<ArrayBuffer> | undefined = undefined;
  /** Of a part that was received: whether it is a list of numbers. */
  holdsNumbers = false;

  /** Of a part that was received: whether it was a tree with tags, of which the value is made already. */
  isDecoded = false;

  /** Makes the part that was received. */
  static holding({ value, maxCost, areNumbers = false, isDecoded = false }: ReceivedLines): LinePart {
    const part = new LinePart(new ArrayBuffer(0));
    part.value = value;
    part.cost = maxCost;
    part.holdsNumbers = areNumbers;
    part.isDecoded = isDecoded;
    return part;
  }
}

/** What the lines of a part held. */
export interface ReceivedLines {
  readonly value: unknown;
  /** What the value may cost beside the parsing of its text. */
  readonly maxCost: number;
  /** Whether the part was a list of numbers. */
  readonly areNumbers?: boolean;
  /** Whether the part was a tree with tags, of which the value is made already. */
  readonly isDecoded?: boolean;
}

/** Takes the bytes of one part, and gives what they hold. */
export interface PartReader {
  /** Takes the next bytes, which may be reused when it returns. */
  push(bytes: Uint8Array): void;
  /** What the lines hold, after the last bytes. */
  end(): ReceivedLines;
}

/**
 * Whether a part is lines of JSON. Code that stores parts must note it, and restore it with {@linkcode toLinePart}.
 *
 * @param part A part of an {@linkcode Encoded}.
 * @returns Whether it is.
 *
 * @example A part that is bytes
 * ```ts
 * import { isLinePart } from "@corral/multiprocessing/backend";
 *
 * console.log(isLinePart(new Uint8Array(3))); // false
 * ```
 */
export function isLinePart(part: Uint8Array): boolean {
  return part instanceof LinePart;
}

/**
 * Makes a part that is lines of JSON of its bytes.
 *
 * @param bytes The bytes of a part of which {@linkcode isLinePart} said so. They are not copied.
 * @returns The part.
 *
 * @example After it was stored
 * ```ts
 * import { isLinePart, toLinePart } from "@corral/multiprocessing/backend";
 *
 * console.log(isLinePart(toLinePart(new TextEncoder().encode("[1]\n")))); // true
 * ```
 */
export function toLinePart(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new LinePart(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
