/** A file to which tasks append a line when they start, so that a test can count starts across processes and wait for one. */
export class Notes implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes an empty file. */
  static async make(): Promise<Notes> {
    return new Notes(await Deno.makeTempFile({ prefix: "corral-notes-" }));
  }

  /** The lines so far. */
  async lines(): Promise<string[]> {
    return (await Deno.readTextFile(this.path)).split("\n").filter((line) => line !== "");
  }

  /** Resolves when there are so many lines. */
  async until(count: number): Promise<string[]> {
    for (;;) {
      const lines = await this.lines();
      if (lines.length >= count) return lines;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path);
  }
}
