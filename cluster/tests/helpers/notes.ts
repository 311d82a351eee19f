import { untilFile } from "./until_file.ts";

/** A file to which tasks append a line when they start, so that a test can count starts across processes and wait for one. */
export class Notes implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes an empty file.
   *
   * @param dir Its folder, for an agent that is started before. @default the one for temporary files
   */
  static async make(dir?: string): Promise<Notes> {
    return new Notes(await Deno.makeTempFile({ prefix: "corral-notes-", ...(dir !== undefined && { dir }) }));
  }

  /** The lines so far. */
  async lines(): Promise<string[]> {
    return linesOf(await Deno.readTextFile(this.path));
  }

  /** Resolves when there are so many lines. */
  async until(count: number): Promise<string[]> {
    await untilFile(this.path, (text) => linesOf(text).length >= count);
    return await this.lines();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path);
  }
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
