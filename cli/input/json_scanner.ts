/** What a byte of JSON text means for where values begin and end. */

const QUOTE = 0x22;
const BACKSLASH = 0x5C;
const OPENING = new Set([0x7B, 0x5B]);
const CLOSING = new Set([0x7D, 0x5D]);
const ENDS_SCALAR = new Set([0x2C, 0x5D, 0x7D, 0x20, 0x09, 0x0A, 0x0D]);

/** Finds the end of one JSON value, over as many pieces of memory as it takes. Does not check what is in it. */
export class JsonScanner {
  #kind: "unknown" | "string" | "container" | "scalar" = "unknown";
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Whether a string of the value has a raw line break in it, which JSON does not allow. */
  hasBrokenString = false;

  /** Goes on from `at`. Returns the end of the value (exclusive), or -1 if it is not there yet. */
  scan(bytes: Uint8Array, at: number, end: number): number {
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (this.#kind === "unknown") this.#begin(byte);
      else if (this.#kind === "scalar") {
        if (ENDS_SCALAR.has(byte)) return at;
      } else if (this.#inString) this.#scanString(byte);
      else this.#scanContainer(byte);
      if (this.#isComplete) return at + 1;
    }
    return -1;
  }

  /** Whether the value may end where the input does. */
  get mayEnd(): boolean {
    return this.#kind === "scalar";
  }

  get #isComplete(): boolean {
    return (this.#kind === "string" && !this.#inString) || (this.#kind === "container" && this.#depth === 0);
  }

  #begin(byte: number): void {
    this.#kind = byte === QUOTE ? "string" : OPENING.has(byte) ? "container" : "scalar";
    this.#inString = byte === QUOTE;
    this.#depth = this.#kind === "container" ? 1 : 0;
  }

  #scanString(byte: number): void {
    if (byte === 0x0A || byte === 0x0D) this.hasBrokenString = true;
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #scanContainer(byte: number): void {
    if (byte === QUOTE) this.#inString = true;
    else if (OPENING.has(byte)) this.#depth++;
    else if (CLOSING.has(byte)) this.#depth--;
  }
}
