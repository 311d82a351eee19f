import { openFile } from "../files/open_file.ts";

/** Where results go. */
export interface ResultSink {
  /** Bytes written so far, counted from the beginning of the output. */
  readonly position: number;
  /** Writes all bytes. Rejects with `Deno.errors.BrokenPipe` when nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until what was written is safe. */
  sync(): Promise<void>;
  /** Writes no more. */
  close(): void;
}

/** Standard output. */
export class StdoutSink implements ResultSink {
  position = 0;

  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
    this.position += bytes.length;
  }

  async sync(): Promise<void> {}

  close(): void {}
}

/** A file: a new one, or one that is gone on with at `position`, where it is cut off. */
export class FileSink implements ResultSink {
  position: number;
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile, position: number) {
    this.#file = file;
    this.position = position;
  }

  /** Opens the file. Throws UsageError if it cannot, and an Error if it is shorter than `position`. */
  static async open(path: string, position = 0): Promise<FileSink> {
    const file = await openFile(path, { write: true, create: true, truncate: position === 0 });
    try {
      const { size } = await file.stat();
      if (size < position) {
        throw new Error(`Cannot go on with ${path}: it has ${size} bytes, the joblog has seen ${position}`);
      }
      await file.truncate(position);
      await file.seek(position, Deno.SeekMode.Start);
      return new FileSink(file, position);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.#file.write(rest));
    this.position += bytes.length;
  }

  async sync(): Promise<void> {
    await this.#file.syncData();
  }

  close(): void {
    this.#file.close();
  }
}
