/** A file of text that is written from its beginning to its end. */

import { cutOff, holdFile, writeAll } from "./run_file.ts";

const encoder = new TextEncoder();

/** Writes text in order; each call waits for those before it. */
export class TextFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #written: Promise<void> | undefined;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Makes the file, or takes one that is there, which keeps what it has until something is written: the run may be refused yet. */
  static async create(path: string): Promise<TextFile> {
    return new TextFile(path, await holdFile(path));
  }

  write(text: string): Promise<void> {
    this.#written ??= cutOff(this.#file, 0);
    return this.#written = this.#written.then(() => writeAll(this.#file, this.#path, encoder.encode(text)));
  }

  /** Waits for what is being written, and closes the file. */
  async close(): Promise<void> {
    try {
      await this.#written;
    } finally {
      this.#file.close();
    }
  }
}
