import type { CliMapOptions, InputFormat } from "../options/cli_map_options.ts";
import { openFile } from "../files/open_file.ts";
import { InputError } from "../errors/input_error.ts";
import { ByteWindow } from "./byte_window.ts";
import { LineRecordReader } from "./line_records.ts";
import type { ReadItem, ReadLimits, RecordReader } from "../records/record_block.ts";

const NEWLINE = 10;
const NUL = 0;

/** The records of all inputs, one after the other, numbered through. */
export class Inputs implements Disposable {
  /** Records read so far, invalid ones too. */
  records = 0;
  /** The names of the inputs; `-` is stdin. */
  readonly names: readonly string[];
  readonly #options: Pick<CliMapOptions, "input" | "maxRecordBytes">;
  #next = 0;
  #window: ByteWindow | undefined;
  #reader: RecordReader | undefined;
  #file: Deno.FsFile | undefined;
  #bytesBefore = 0;

  constructor(options: Pick<CliMapOptions, "input" | "maxRecordBytes" | "files">) {
    this.#options = options;
    this.names = options.files.length === 0 ? ["-"] : options.files;
  }

  /** Bytes of the records read so far: those that were read ahead tell nothing of how many records there are. */
  get bytes(): number {
    const window = this.#window;
    return this.#bytesBefore + (window === undefined ? 0 : window.total - (window.end - window.start));
  }

  /** Waits for records, and gives those that are there; `undefined` at the end of the last input. Throws InputError. */
  async read(limits: ReadLimits): Promise<ReadItem | undefined> {
    while (true) {
      if (this.#reader === undefined) {
        if (this.#next === this.names.length) return undefined;
        await this.#open(this.names[this.#next++]!);
      }
      const item = await this.#readItem(limits);
      if (item !== undefined) {
        this.records += "block" in item ? item.block.count : 1;
        return item;
      }
      this.#closeCurrent();
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

  /** Closes what is open. */
  [Symbol.dispose](): void {
    this.#closeCurrent();
  }

  async #readItem(limits: ReadLimits): Promise<ReadItem | undefined> {
    const name = this.names[this.#next - 1]!;
    try {
      return await this.#reader!.read(limits, this.records + 1);
    } catch (cause) {
      if (cause instanceof InputError) throw cause;
      throw new InputError(`Cannot read ${name === "-" ? "stdin" : name}: ${(cause as Error).message}`, { cause });
    }
  }

  async #open(name: string): Promise<void> {
    if (name !== "-") this.#file = await openFile(name);
    const source = this.#file ?? Deno.stdin;
    this.#window = new ByteWindow((buffer) => source.read(buffer));
    this.#reader = await readerFor(this.#options.input, this.#window, name, this.#options.maxRecordBytes);
  }

  #closeCurrent(): void {
    this.#bytesBefore = this.bytes;
    this.#window = undefined;
    this.#reader = undefined;
    this.#file?.close();
    this.#file = undefined;
  }
}

/** The formats that few use load late. */
async function readerFor(
  format: InputFormat,
  window: ByteWindow,
  input: string,
  maxRecordBytes: number,
): Promise<RecordReader> {
  switch (format) {
    case "ndjson":
      return new LineRecordReader(window, { input, delimiter: NEWLINE, skipBlank: true, maxRecordBytes });
    case "lines":
      return new LineRecordReader(window, { input, delimiter: NEWLINE, skipBlank: false, maxRecordBytes });
    case "nul":
      return new LineRecordReader(window, { input, delimiter: NUL, skipBlank: false, maxRecordBytes });
    case "json": {
      const { JsonRecordReader } = await import("./json_records.ts");
      return new JsonRecordReader(window, { input, maxRecordBytes });
    }
    case "csv":
    case "tsv": {
      const { CsvRecordReader } = await import("./csv_records.ts");
      return new CsvRecordReader(window, { input, maxRecordBytes, separator: format === "csv" ? "," : "\t" });
    }
  }
}
