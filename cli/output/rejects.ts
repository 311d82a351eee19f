import type { Batch, Outcome } from "../records/batch.ts";
import type { RecordBlock } from "../records/record_block.ts";
import { cutOff, writeAll } from "../files/run_file.ts";
import { excerptOf } from "./excerpt.ts";

/** Tells of records that failed. */
export interface RejectWriter {
  /** Writes a batch's failures. */
  write(batch: Batch, failures: readonly Outcome[]): Promise<void> | void;
  /** Nothing more fails: says what was left out. */
  end(): void;
  /** Writes no more. */
  close(): void;
}

const MAX_STACKS = 10;
const encoder = new TextEncoder();

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

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

/** A file with one line of JSON for each record that failed. */
export class RejectFile implements RejectWriter {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Takes a file that is held, to begin it or to go on behind its last line. */
  static async begin(path: string, file: Deno.FsFile, append: boolean): Promise<RejectFile> {
    await cutOff(file, append ? (await file.stat()).size : 0);
    return new RejectFile(path, file);
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

  end(): void {}

  close(): void {
    this.#file.close();
  }
}

/** So many failures are told that differ in nothing but numbers and quoted texts; the others are counted. */
const MAX_EQUAL = 200;
/** And so many that are not valid records. */
const MAX_INVALID = 20;
const MAX_KINDS = 1000;

/** Messages for people; after the first ones, without stacks. */
export class RejectPrinter implements RejectWriter {
  readonly #print: (text: string) => void;
  readonly #counts = new Map<string, { count: number; readonly most: number; readonly sequence: number }>();
  #printed = 0;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  write({ block }: Batch, failures: readonly Outcome[]): void {
    for (const failure of failures) {
      if (this.#isKnown(failure, block.firstSequence + failure.offset)) continue;
      this.#describe(block, failure);
      this.#printed++;
    }
  }

  end(): void {
    for (const { count, most, sequence } of this.#counts.values()) {
      const more = count - most;
      if (more <= 0) continue;
      this.#print(`corral: ${more} more failed as record ${sequence} did; --rejects FILE has each of them\n`);
    }
  }

  close(): void {}

  #isKnown({ outcome, error }: Outcome, sequence: number): boolean {
    const isInvalid = outcome === "invalid";
    const text = isInvalid ? error?.message.split(":")[0] : `${error?.name} ${error?.message}`;
    const kind = `${outcome} ${text?.replaceAll(/"[^"]*"|\d+/g, "#")}`;
    const known = this.#counts.get(kind);
    if (known !== undefined) return ++known.count > known.most;
    if (this.#counts.size < MAX_KINDS) {
      this.#counts.set(kind, { count: 1, most: isInvalid ? MAX_INVALID : MAX_EQUAL, sequence });
    }
    return false;
  }

  #describe(block: RecordBlock, { offset, outcome, attempt, error }: Outcome): void {
    const { input } = block.source;
    const place = `record ${block.firstSequence + offset} (line ${block.line(offset)} of ${
      input === "-" ? "stdin" : input
    })`;
    const tries = attempt > 1 ? ` after ${attempt} attempts` : "";
    const stack = error?.stack !== undefined && this.#printed < MAX_STACKS ? `\n${error.stack}` : "";
    const what = outcome === "invalid" ? error?.message : `${error?.name}: ${error?.message}`;
    this.#print(`corral: ${place} failed${tries}: ${what}${stack}\n    input: ${excerptOf(block.record(offset))}\n`);
  }
}
