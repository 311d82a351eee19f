import { cutOff, syncFile, writeResults } from "../files/run_file.ts";

const encoder = new TextEncoder();

/** Where results go. */
export interface ResultSink {
  /** Bytes written so far, counted from the beginning of the output. */
  readonly position: number;
  /** Grows with each piece of a text that is taken: whether anything reads a pipe. */
  readonly taken: number;
  /** Writes all bytes. Rejects with `Deno.errors.BrokenPipe` when nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until what was written is safe. */
  sync(): Promise<void>;
  /** Writes no more. */
  close(): void;
}

/** Standard output. A terminal shows the text of results, and does nothing that is in them. */
export class StdoutSink implements ResultSink {
  position = 0;
  taken = 0;
  readonly #decoder = Deno.stdout.isTerminal() ? new TextDecoder() : undefined;

  /** Whether all that is written is lost, as far as the command may know. */
  static isNull(): boolean {
    try {
      return Deno.build.os === "linux" && Deno.readLinkSync("/proc/self/fd/1") === "/dev/null";
    } catch {
      return false;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    const shown = this.#decoder === undefined ? bytes : await shownText(this.#decoder.decode(bytes, { stream: true }));
    await writeResults(Deno.stdout, "-", shown, (count) => this.taken += count);
    this.position += bytes.length;
  }

  async sync(): Promise<void> {}

  close(): void {}
}

async function shownText(text: string): Promise<Uint8Array> {
  const { sanitizeForTerminal } = await import("../files/terminal_text.ts");
  return encoder.encode(sanitizeForTerminal(text));
}

/** A file that nobody else writes: a new one, or one that is gone on with. */
export class FileSink implements ResultSink {
  position = 0;
  taken = 0;
  readonly #path: string;
  readonly #file: Deno.FsFile;

  /** Takes a file that is held; see {@linkcode FileSink.begin}. */
  constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Goes on at `position`, where the file is cut off. */
  async begin(position: number): Promise<void> {
    await cutOff(this.#file, position);
    this.position = position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await writeResults(this.#file, this.#path, bytes, (count) => this.taken += count);
    this.position += bytes.length;
  }

  async sync(): Promise<void> {
    await syncFile(this.#file, this.#path);
  }

  close(): void {
    this.#file.close();
  }
}
