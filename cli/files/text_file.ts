/** A file of text that is written from its beginning to its end. */

const encoder = new TextEncoder();

/** Writes text in order; each call waits for those before it. */
export class TextFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Makes the file, or empties it. */
  static async create(path: string): Promise<TextFile> {
    try {
      return new TextFile(path, await Deno.open(path, { write: true, create: true, truncate: true }));
    } catch (cause) {
      throw failure(path, cause);
    }
  }

  write(text: string): Promise<void> {
    return this.#written = this.#written.then(() => this.#writeAll(encoder.encode(text)));
  }

  /** Waits for what is being written, and closes the file. */
  async close(): Promise<void> {
    try {
      await this.#written;
    } finally {
      this.#file.close();
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#file.write(bytes.subarray(at));
    } catch (cause) {
      throw failure(this.#path, cause);
    }
  }
}

function failure(path: string, cause: unknown): Error {
  return new Error(`Cannot write ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
}
