import type { Batch, Outcome } from "../records/batch.ts";
import type { RecordBlock } from "../records/record_block.ts";
import { cutOff, holdNewFile, writeAll } from "../files/run_file.ts";
import { wholeLines } from "../files/whole_lines.ts";
import type { RejectWriter } from "./reject_printer.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What became of records, by their numbers; as the joblog of the run knows it. */
export interface RecordFates {
  /** Whether the joblog has no more than is known here. */
  readonly isWhole: boolean;
  fateOf(sequence: number): "unknown" | "done" | "failed" | "held";
}

/** A file with one line of JSON for each record that failed. */
export class RejectFile implements RejectWriter {
  readonly #path: string;
  readonly #fates: RecordFates | undefined;
  #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile, fates: RecordFates | undefined) {
    this.#path = path;
    this.#file = file;
    this.#fates = fates;
  }

  /** Takes a file that is held, and is empty or is to be. */
  static async begin(path: string, file: Deno.FsFile): Promise<RejectFile> {
    await cutOff(file, 0);
    return new RejectFile(path, file, undefined);
  }

  /**
   * Goes on with a file that is held. A record that was written there and not logged is run again, and one that failed may succeed
   * now: so in the end there is one line for each record that failed last, and no other.
   */
  static async resume(path: string, file: Deno.FsFile, fates: RecordFates): Promise<RejectFile> {
    const rejects = new RejectFile(path, file, fates);
    await rejects.#drop();
    return rejects;
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
        ...recordField(block, offset),
      })
    );
    const bytes = encoder.encode(lines.join("\n") + "\n");
    await writeAll(this.#file, this.#path, bytes);
  }

  /** What no longer holds is left to the run that goes on where it is not known what the joblog has. */
  async end(): Promise<void> {
    if (this.#fates?.isWhole) await this.#drop();
  }

  close(): void {
    this.#file.close();
  }

  /** Drops the lines that no longer hold, and stands behind the last one that does. */
  async #drop(): Promise<void> {
    const { isFile, mode } = await this.#file.stat();
    if (!isFile) return;
    const { end, isPrefix } = await this.#findLines();
    if (isPrefix) return await cutOff(this.#file, end);
    // A new file takes its place, so that whatever happens one of the two is there whole.
    // Where a link leads there, it goes on to do so.
    const path = await Deno.realPath(this.#path);
    const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.new`;
    const file = await holdNewFile(temporary, mode);
    try {
      for await (const { line } of this.#lines()) {
        await writeAll(file, temporary, line);
        await writeAll(file, temporary, encoder.encode("\n"));
      }
      await Deno.rename(temporary, path);
    } catch (error) {
      file.close();
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
    this.#file.close();
    this.#file = file;
  }

  /** Whether all lines that hold stand in front of all others, and where they end. */
  async #findLines(): Promise<{ end: number; isPrefix: boolean }> {
    let end = 0;
    let isPrefix = true;
    for await (const { line, start } of this.#lines()) {
      if (start !== end) isPrefix = false;
      end = start + line.length + 1;
    }
    return { end, isPrefix };
  }

  /** The last line of each record that has failed. */
  async *#lines(): AsyncGenerator<{ line: Uint8Array; start: number }> {
    const last = new Map<number, number>();
    using first = await Deno.open(this.#path);
    for await (const { sequence, start } of linesWithPlaces(first)) last.set(sequence, start);
    using second = await Deno.open(this.#path);
    for await (const { line, sequence, start } of linesWithPlaces(second)) {
      if (last.get(sequence) === start && this.#fates!.fateOf(sequence) === "failed") yield { line, start };
    }
  }
}

async function* linesWithPlaces(
  file: Deno.FsFile,
): AsyncGenerator<{ line: Uint8Array; sequence: number; start: number }> {
  let start = 0;
  for await (const line of wholeLines(file)) {
    const [, sequence = NaN] = /^\{"sequence":(\d+),/.exec(decoder.decode(line.subarray(0, 40))) ?? [];
    yield { line, sequence: Number(sequence), start };
    start += line.length + 1;
  }
}

/** The record as it stood in the input, so that it can be fed again; its bytes in base64 where they are not text. */
function recordField(block: RecordBlock, offset: number): Record<string, unknown> {
  const bytes = block.record(offset);
  const truncated = block.isTruncated && { truncated: true };
  try {
    return { record: strict.decode(bytes), ...truncated };
  } catch {
    return { recordBase64: bytes.toBase64(), ...truncated };
  }
}
