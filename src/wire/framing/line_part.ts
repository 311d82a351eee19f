/**
 * A part that is lines of JSON, which the receiver makes a value of while they arrive: neither side ever has the whole
 * text. To all who only pass parts on it is bytes like any other.
 */
export class LinePart extends Uint8Array<ArrayBuffer> {
  /** Of a part that was received: what its lines hold. It has no bytes then. */
  value: unknown = undefined;

  /** Makes the part that was received. */
  static holding(value: unknown): LinePart {
    const part = new LinePart(new ArrayBuffer(0));
    part.value = value;
    return part;
  }
}

/** Takes the bytes of one part, and gives what they hold. */
export interface PartReader {
  /** Takes the next bytes, which may be reused when it returns. */
  push(bytes: Uint8Array): void;
  /** What the lines hold, after the last bytes. */
  end(): unknown;
}
