import type { Inputs } from "../input/inputs.ts";
import type { ReadItem, ReadLimits, RecordBlock } from "../records/record_block.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { hashOf } from "../output/record_hash.ts";
import type { EventStream } from "../observers/event_stream.ts";
import { UsageError } from "../errors/usage_error.ts";
import type { RunHistory } from "./history.ts";

/** Leaves out of the inputs what a joblog has, and refuses to go on where the two do not fit together. */
export class UnfinishedRecords {
  readonly #inputs: Inputs;
  readonly #history: RunHistory;
  readonly #options: Pick<CliMapOptions, "resume" | "force">;
  readonly #events: EventStream;
  readonly #waiting: ReadItem[] = [];

  constructor(
    inputs: Inputs,
    history: RunHistory,
    options: Pick<CliMapOptions, "resume" | "force">,
    events: EventStream,
  ) {
    this.#inputs = inputs;
    this.#history = history;
    this.#options = options;
    this.#events = events;
  }

  /** Records read so far, those that are left out too. */
  get records(): number {
    return this.#inputs.records;
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#inputs.bytes;
  }

  /** Like that of the inputs. Throws UsageError where a record is not the one that was logged. */
  async read(limits: ReadLimits): Promise<ReadItem | undefined> {
    while (true) {
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) return waiting;
      const item = await this.#inputs.read(this.#limitsFor(limits));
      if (item === undefined) {
        this.#requireAllSeen();
        return undefined;
      }
      if ("block" in item) this.#split(item.block);
      else if (!this.#isDone(item.invalid.sequence, item.invalid.start, item.invalid.line)) return item;
      else this.#tellSkipped(1);
    }
  }

  /** What is left out costs no work. */
  #limitsFor(limits: ReadLimits): ReadLimits {
    const skips = this.#inputs.records < this.#history.last && this.#options.resume === "missing";
    return skips ? { records: Math.max(limits.records, 4096), bytes: 1024 * 1024 } : limits;
  }

  #split(block: RecordBlock): void {
    let start = 0;
    let skipped = 0;
    if (block.firstSequence > this.#history.last) return void this.#waiting.push({ block });
    for (let offset = 0; offset < block.count; offset++) {
      if (!this.#isDone(block.firstSequence + offset, block.record(offset), block.line(offset))) continue;
      if (offset > start) this.#waiting.push({ block: block.part(start, offset) });
      start = offset + 1;
      skipped++;
    }
    if (start < block.count) this.#waiting.push({ block: block.part(start, block.count) });
    this.#tellSkipped(skipped);
  }

  #isDone(sequence: number, record: Uint8Array, line: number): boolean {
    const fate = this.#history.fateOf(sequence);
    if (fate === "unknown") return false;
    if (!this.#options.force && !this.#history.matches(sequence, hashOf(record))) {
      throw new UsageError(
        `Cannot resume: record ${sequence} (line ${line}) is not the one in the joblog, wanted the same input, or --force`,
      );
    }
    return fate === "done" || this.#options.resume === "missing";
  }

  #requireAllSeen(): void {
    const { records } = this.#inputs;
    if (this.#options.force || records >= this.#history.last) return;
    throw new UsageError(
      `Cannot resume: the input ends after ${records} records, the joblog has one of number ${this.#history.last}, ` +
        `wanted the same input, or --force`,
    );
  }

  #tellSkipped(count: number): void {
    if (count > 0) this.#events.emit({ type: "count", at: Date.now(), done: count, failed: 0 });
  }
}
