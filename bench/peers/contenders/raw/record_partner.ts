const WRITE_BYTES = 64 * 1024;
const LINE_FEED = 10;

/** Writes records as lines of JSON, and an empty line behind, into a buffer with room for them. Returns what was written. */
export function encodeRecords(records: readonly unknown[], buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  let filled = 0;
  for (const record of records) {
    filled += encoder.encodeInto(JSON.stringify(record), buffer.subarray(filled)).written;
    buffer[filled++] = LINE_FEED;
  }
  buffer[filled++] = LINE_FEED;
  if (filled >= buffer.length) throw new Error("Cannot measure: the records are longer than their buffer");
  return buffer.subarray(0, filled);
}

/** A child that answers a chunk of records with a chunk of results. Texts are made one by one and read by the 64 KB, in buffers that are kept. */
export class RecordPartner implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  #output = new Uint8Array(8 * WRITE_BYTES);
  #input = new Uint8Array(4 * WRITE_BYTES);
  #rest = new Uint8Array(0);

  constructor(command: Deno.Command) {
    this.#process = command.spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.getReader({ mode: "byob" });
  }

  /** Sends records. Resolves with their results. */
  async ask(records: readonly unknown[]): Promise<unknown[]> {
    const results = this.#read();
    let filled = 0;
    for (const record of records) {
      filled += this.#encoder.encodeInto(JSON.stringify(record), this.#output.subarray(filled)).written;
      this.#output[filled++] = LINE_FEED;
      if (filled < WRITE_BYTES) continue;
      await this.#writer.write(this.#output.subarray(0, filled));
      filled = 0;
    }
    this.#output[filled++] = LINE_FEED;
    await this.#writer.write(this.#output.subarray(0, filled));
    return await results;
  }

  /** Sends records that {@linkcode encodeRecords} has written. Resolves with their results. */
  async askEncoded(bytes: Uint8Array<ArrayBuffer>): Promise<unknown[]> {
    const results = this.#read();
    await this.#writer.write(bytes);
    return await results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#reader.cancel();
    await this.#process.status;
  }

  async #read(): Promise<unknown[]> {
    const results: unknown[] = [];
    for (;;) {
      const { value } = await this.#reader.read(this.#input);
      const bytes = this.#rest.length === 0 ? value! : joined(this.#rest, value!);
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      // All whole lines at once: to decode each by itself costs more than to cut their text.
      const text = this.#decoder.decode(bytes.subarray(0, end));
      for (let start = 0, at; (at = text.indexOf("\n", start)) >= 0; start = at + 1) {
        if (at > start) results.push(JSON.parse(text.slice(start, at)));
      }
      this.#rest = bytes.slice(end);
      this.#input = new Uint8Array(value!.buffer);
      if (end === bytes.length && (text === "\n" || text.endsWith("\n\n"))) return results;
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
