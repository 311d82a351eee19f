/**
 * A part that is lines of JSON, which the receiver makes a value of while they arrive: neither side ever has the whole
 * text. To all who only pass parts on it is bytes like any other.
 */
export class LinePart extends Uint8Array<ArrayBuffer> {
  /** Of a part that was received: what its lines hold. It has no bytes then. */
  value: unknown = undefined;
  /** What the value costs its receiver beside the parsing of its text. Of a part that was received: what it may cost at most. */
  cost = 0;

  /** Makes the part that was received. */
  static holding({ value, maxCost }: ReceivedLines): LinePart {
    const part = new LinePart(new ArrayBuffer(0));
    part.value = value;
    part.cost = maxCost;
    return part;
  }
}

/** What the lines of a part held. */
export interface ReceivedLines {
  readonly value: unknown;
  /** What the value may cost beside the parsing of its text. */
  readonly maxCost: number;
}

/** Takes the bytes of one part, and gives what they hold. */
export interface PartReader {
  /** Takes the next bytes, which may be reused when it returns. */
  push(bytes: Uint8Array): void;
  /** What the lines hold, after the last bytes. */
  end(): ReceivedLines;
}
