import type { Batch, Outcome } from "../records/batch.ts";
import { openFile } from "../files/open_file.ts";
import { excerptOf } from "./excerpt.ts";

/** Tells of records that failed. */
export interface RejectWriter {
  /** Writes a batch's failures. */
  write(batch: Batch, failures: readonly Outcome[]): Promise<void> | void;
  /** Writes no more. */
  close(): void;
}

const MAX_STACKS = 10;
const encoder = new TextEncoder();

/** A file with one line of JSON for each record that failed. */
export class RejectFile implements RejectWriter {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Opens the file, to begin it or to go on with it. */
  static async open(path: string, append: boolean): Promise<RejectFile> {
    return new RejectFile(await openFile(path, { write: true, create: true, append, truncate: !append }));
  }

  async write({ block }: Batch, failures: readonly Outcome[]): Promise<void> {
    const lines = failures.map(({ offset, outcome, attempt, error }) =>
      JSON.stringify({
        sequence: block.firstSequence + offset,
        input: block.source.input,
        line: block.line(offset),
        outcome,
        attempt,
        error,
        excerpt: excerptOf(block.record(offset)),
      })
    );
    const bytes = encoder.encode(lines.join("\n") + "\n");
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.#file.write(rest));
  }

  close(): void {
    this.#file.close();
  }
}

/** Messages for people; after the first ones, without stacks. */
export class RejectPrinter implements RejectWriter {
  readonly #print: (text: string) => void;
  #printed = 0;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  write({ block }: Batch, failures: readonly Outcome[]): void {
    for (const { offset, outcome, attempt, error } of failures) {
      const { input } = block.source;
      const place = `record ${block.firstSequence + offset} (line ${block.line(offset)} of ${
        input === "-" ? "stdin" : input
      })`;
      const tries = attempt > 1 ? ` after ${attempt} attempts` : "";
      const stack = error?.stack !== undefined && this.#printed < MAX_STACKS ? `\n${error.stack}` : "";
      const what = outcome === "invalid" ? error?.message : `${error?.name}: ${error?.message}`;
      this.#print(`corral: ${place} failed${tries}: ${what}${stack}\n    input: ${excerptOf(block.record(offset))}\n`);
      this.#printed++;
    }
  }

  close(): void {}
}
