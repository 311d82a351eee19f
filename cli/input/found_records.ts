import type { RecordSource } from "../records/record_block.ts";

/** One record that was taken out of its surroundings. */
export interface FoundRecord {
  /** What the worker gets: JSON in one line, without its end. */
  readonly payload: Uint8Array;
  /** Its bytes in the input. */
  readonly bytes: Uint8Array;
  readonly line: number;
}

const NEWLINE = 10;

/** Records of formats that are changed on the way to the worker. */
export class FoundRecords implements RecordSource {
  readonly input: string;
  readonly #records: readonly FoundRecord[];

  constructor(input: string, records: readonly FoundRecord[]) {
    this.input = input;
    this.#records = records;
  }

  payload(from: number, to: number): Uint8Array {
    let size = 0;
    for (let at = from; at < to; at++) size += this.#records[at]!.payload.length + 1;
    const all = new Uint8Array(size);
    for (let at = from, position = 0; at < to; at++) {
      const { payload } = this.#records[at]!;
      all.set(payload, position);
      position += payload.length;
      all[position++] = NEWLINE;
    }
    return all;
  }

  record(at: number): Uint8Array {
    return this.#records[at]!.bytes;
  }

  line(at: number): number {
    return this.#records[at]!.line;
  }
}
