import type { PartReader, ReceivedLines } from "../framing/line_part.ts";
import { KeptBuffer } from "./kept_buffer.ts";
import { LineReader } from "./line_reader.ts";

/** How much is turned into text at once. */
const PIECE_BYTES = 64 * 1024;

const kept = new KeptBuffer();

/**
 * Reads a part of a sender that is trusted. Takes all bytes before it parses the first line: the sender cannot go on with
 * something else before its pipe is empty.
 */
export class LineCollector implements PartReader {
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** Starts a part of so many bytes. */
  constructor(byteLength: number) {
    this.#buffer = kept.take(byteLength);
  }

  push(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  end(): ReceivedLines {
    const reader = new LineReader(this.#length, undefined);
    for (let at = 0; at < this.#length; at += PIECE_BYTES) {
      reader.push(this.#buffer.subarray(at, Math.min(at + PIECE_BYTES, this.#length)));
    }
    kept.give(this.#buffer);
    return reader.end();
  }
}
