import { excerptOf, nameForPeople } from "../errors/foreign_text.ts";
import type { Batch, Outcome } from "../records/batch.ts";
import type { RecordBlock } from "../records/record_block.ts";

/** Tells of records that failed. */
export interface RejectWriter {
  /** Writes a batch's failures. */
  write(batch: Batch, failures: readonly Outcome[]): Promise<void> | void;
  /** Nothing more fails: says what was left out, or drops what no longer holds. */
  end(): Promise<void> | void;
  /** Writes no more. */
  close(): void;
}

const MAX_STACKS = 10;
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
    const input = nameForPeople(block.source.input);
    const place = `record ${block.firstSequence + offset} (line ${block.line(offset)} of ${input})`;
    const tries = attempt > 1 ? ` after ${attempt} attempts` : "";
    const stack = error?.stack !== undefined && this.#printed < MAX_STACKS ? `\n${error.stack}` : "";
    const what = outcome === "invalid" ? error?.message : `${error?.name}: ${error?.message}`;
    this.#print(`corral: ${place} failed${tries}: ${what}${stack}\n    input: ${excerptOf(block.record(offset))}\n`);
  }
}
