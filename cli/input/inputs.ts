import { InputError } from "../errors/cli_error.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import { openFile } from "../files/open_file.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { ReadItem, ReadLimits, RecordReader } from "../records/record_block.ts";
import { openSource } from "./byte_source.ts";
import { ByteWindow, type ReadBytes } from "./byte_window.ts";
import { LineRecordReader } from "./line_records.ts";
import { kindOf } from "./magic_numbers.ts";

const NEWLINE = 10;
const RETURN = 13;
const NUL = 0;
const PROBED_BYTES = 64 * 1024;

/** What readers must know of a run. */
export type InputOptions = Pick<
  CliMapOptions,
  "input" | "table" | "columns" | "skippedLines" | "encoding" | "maxRecordBytes" | "files"
>;

/** The records of all inputs, one after the other, numbered through. */
export class Inputs implements Disposable {
  /** Records read so far, invalid ones too. */
  records = 0;
  /** The names of the inputs; `-` is stdin. */
  readonly names: readonly string[];
  /** The beginning of the present input. */
  sample: Uint8Array = new Uint8Array(0);
  readonly #options: InputOptions;
  readonly #warn: (text: string) => void;
  #next = 0;
  #window: ByteWindow | undefined;
  /** What the window read into when it was last looked at. */
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  /** What it read into before, each with a record behind all that lie there. */
  readonly #left: { readonly buffer: Uint8Array<ArrayBuffer>; readonly last: number }[] = [];
  #reader: RecordReader | undefined;
  #file: Deno.FsFile | undefined;
  #bytesBefore = 0;
  /** Bytes of the present input as it is on the disk. */
  #bytesRead = 0;

  constructor(options: InputOptions, warn: (text: string) => void) {
    this.#options = options;
    this.#warn = warn;
    this.names = options.files.length === 0 ? ["-"] : options.files;
  }

  /**
   * Bytes of the records read so far: those that were read ahead tell nothing of how many records there are. Counted as they
   * are on the disk; of what was unpacked or decoded, the same share.
   */
  get bytes(): number {
    const window = this.#window;
    if (window === undefined || window.total === 0) return this.#bytesBefore;
    const unread = (window.end - window.start) / window.total;
    return this.#bytesBefore + Math.round(this.#bytesRead * (1 - unread));
  }

  /** The place of the present input, for messages. */
  get place(): string {
    return nameForPeople(this.names[Math.max(0, this.#next - 1)]!);
  }

  /** Waits for records, and gives those that are there; `undefined` at the end of the last input. Throws InputError. */
  async read(limits: ReadLimits): Promise<ReadItem | undefined> {
    while (true) {
      if (this.#reader === undefined) {
        if (this.#next === this.names.length) return undefined;
        await this.#open(this.names[this.#next++]!);
      }
      const item = await this.#guarded(() => this.#reader!.read(limits, this.records + 1));
      if (item !== undefined) {
        this.records += "block" in item ? item.block.count : 1;
        this.#noteBuffer();
        return item;
      }
      this.#closeCurrent();
    }
  }

  /** Nobody looks at the bytes of records before `sequence` any more. */
  release(sequence: number): void {
    while (this.#left[0] !== undefined && this.#left[0].last < sequence) {
      this.#window?.giveBack(this.#left.shift()!.buffer);
    }
  }

  /** The size of all inputs, where that can be known before. */
  async totalBytes(): Promise<number | undefined> {
    let total = 0;
    for (const name of this.names) {
      if (name === "-") return undefined;
      try {
        const { isFile, size } = await Deno.stat(name);
        if (!isFile) return undefined;
        total += size;
      } catch {
        return undefined;
      }
    }
    return total;
  }

  /**
   * The most records that there can be, where that can be told from the first bytes of each input; `limit` where it cannot, and when there
   * can be as many.
   */
  async mostRecords(limit: number): Promise<number> {
    const { input } = this.#options;
    if (input === "json") return limit;
    let most = 0;
    for (const name of this.names) {
      if (most >= limit) break;
      most += await mostRecordsOf(name, input === "nul" ? [NUL] : [NEWLINE, RETURN], limit - most);
    }
    return Math.min(most, limit);
  }

  /** Closes what is open. */
  [Symbol.dispose](): void {
    this.#closeCurrent();
  }

  /** Right behind a read: the records so far are then the last that can lie in what the window has left. */
  #noteBuffer(): void {
    const buffer = this.#window?.buffer;
    if (buffer === this.#buffer) return;
    if (this.#buffer !== undefined) this.#left.push({ buffer: this.#buffer, last: this.records });
    this.#buffer = buffer;
  }

  async #guarded<R>(read: () => Promise<R>): Promise<R> {
    try {
      return await read();
    } catch (cause) {
      if (cause instanceof InputError) throw cause;
      throw new InputError(`Cannot read ${this.place}: ${(cause as Error).message}`, { cause });
    }
  }

  async #open(name: string): Promise<void> {
    if (name !== "-") this.#file = await openFile(name);
    const file = this.#file ?? Deno.stdin;
    this.#bytesRead = 0;
    const read: ReadBytes = async (buffer) => {
      const count = await file.read(buffer);
      this.#bytesRead += count ?? 0;
      return count;
    };
    const { input, encoding } = this.#options;
    const hasNuls = input === "nul";
    const hasLines = !hasNuls && input !== "json";
    const source = await this.#guarded(() => openSource(read, { place: this.place, encoding, hasLines, hasNuls }));
    this.sample = source.sample;
    this.#window = new ByteWindow(source.read);
    this.#reader = await readerFor(this.#options, this.#window, name, this.#warn);
  }

  #closeCurrent(): void {
    this.#bytesBefore += this.#bytesRead;
    this.#bytesRead = 0;
    this.#window = undefined;
    this.#buffer = undefined;
    this.#left.length = 0;
    this.#reader = undefined;
    this.#file?.close();
    this.#file = undefined;
  }
}

/** The same for one input. A file of no size may have something in it all the same, as those of /proc do. */
async function mostRecordsOf(name: string, ends: readonly number[], limit: number): Promise<number> {
  // A pipe is not looked at: what was read of it is gone.
  if (name === "-" || !await isRegular(name)) return limit;
  const bytes = new Uint8Array(PROBED_BYTES);
  let size = 0;
  using file = await openFile(name);
  try {
    for (let count; size < bytes.length && (count = await file.read(bytes.subarray(size))) !== null;) size += count;
  } catch {
    // Who reads the records says what is wrong, and of which input.
    return limit;
  }
  if (size === bytes.length || kindOf(bytes.subarray(0, size), true)?.type === "gzip") return limit;
  let most = size === 0 || ends.includes(bytes[size - 1]!) ? 0 : 1;
  for (const end of ends) {
    for (let at = bytes.indexOf(end); at >= 0 && at < size && most < limit; at = bytes.indexOf(end, at + 1)) most++;
  }
  return most;
}

async function isRegular(name: string): Promise<boolean> {
  try {
    return (await Deno.stat(name)).isFile;
  } catch {
    return false;
  }
}

/** The formats that few use load late. */
async function readerFor(
  { input: format, table, columns, skippedLines, maxRecordBytes }: InputOptions,
  window: ByteWindow,
  input: string,
  warn: (text: string) => void,
): Promise<RecordReader> {
  const common = { input, maxRecordBytes, skippedLines };
  switch (format) {
    case "ndjson":
      return new LineRecordReader(window, { ...common, delimiter: NEWLINE, skipBlank: true });
    case "lines":
      return new LineRecordReader(window, { ...common, delimiter: NEWLINE, skipBlank: false });
    case "nul":
      return new LineRecordReader(window, { ...common, delimiter: NUL, skipBlank: false });
    case "json": {
      const { JsonRecordReader } = await import("./json_records.ts");
      return new JsonRecordReader(window, { input, maxRecordBytes });
    }
    case "csv":
    case "tsv": {
      const { TableRecordReader } = await import("./table_records.ts");
      const { hasHeader, dialect } = table!;
      return new TableRecordReader(window, {
        ...common,
        dialect,
        hasHeader,
        columns: hasHeader ? null : columns,
        warn,
      });
    }
  }
}
