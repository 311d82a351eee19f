import type { Inputs } from "../input/inputs.ts";
import type { WorkItem } from "../records/batch.ts";
import type { ReadLimits, RecordBlock } from "../records/record_block.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { hashOf } from "../output/record_hash.ts";
import type { EventStream } from "../observers/event_stream.ts";
import { UsageError } from "../errors/usage_error.ts";
import { heldBatch, type HeldResult } from "./held_results.ts";
import type { RunHistory } from "./history.ts";

/** Records that earlier runs finished, as far as this run has come across them. */
export interface EarlierRecords {
  records: number;
  /** How many of them failed, and are not tried again. */
  failed: number;
}

/** Leaves out of the inputs what a joblog has, gives what it holds in its place, and refuses to go on where the two do not fit together. */
export class UnfinishedRecords {
  readonly #inputs: Inputs;
  readonly #history: RunHistory;
  readonly #options: Pick<CliMapOptions, "resume" | "force" | "batch">;
  readonly #events: EventStream;
  readonly #waiting: WorkItem[] = [];
  /** Records that earlier runs finished, and how many of them failed. */
  readonly #earlier: EarlierRecords;

  constructor(
    inputs: Inputs,
    history: RunHistory,
    options: Pick<CliMapOptions, "resume" | "force" | "batch">,
    events: EventStream,
    earlier: EarlierRecords,
  ) {
    this.#earlier = earlier;
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

  /** Like that of the inputs. */
  release(sequence: number): void {
    this.#inputs.release(sequence);
  }

  /** Like that of the inputs. Throws UsageError where a record is not the one that was logged. */
  async read(limits: ReadLimits): Promise<WorkItem | undefined> {
    while (true) {
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) return waiting;
      const item = await this.#inputs.read(this.#limitsFor(limits));
      if (item === undefined) {
        this.#requireAllSeen();
        return undefined;
      }
      if ("block" in item) this.#split(item.block);
      else {
        const { sequence, start, mark = start, line } = item.invalid;
        if (this.#judge(sequence, mark, line) === "open") return item;
        this.#tellSkipped(1, this.#history.fateOf(sequence) === "failed" ? 1 : 0);
      }
    }
  }

  /** What is left out costs no work. */
  #limitsFor(limits: ReadLimits): ReadLimits {
    const skips = this.#inputs.records < this.#history.last && this.#options.resume === "missing";
    const records = Math.ceil(4096 / limits.batch) * limits.batch;
    return skips ? { ...limits, records: Math.max(limits.records, records), bytes: 1024 * 1024 } : limits;
  }

  #split(block: RecordBlock): void {
    let start = 0;
    let skipped = 0;
    let failed = 0;
    let held: HeldResult[] = [];
    if (block.firstSequence > this.#history.last) return void this.#waiting.push({ block });
    const giveHeld = (end: number) => {
      const part = block.part(end - held.length, end);
      if (held.length > 0) this.#waiting.push({ finished: heldBatch(part, held) });
      held = [];
    };
    for (let offset = 0; offset < block.count; offset++) {
      const sequence = block.firstSequence + offset;
      const state = this.#judge(sequence, block.record(offset), block.line(offset));
      if (typeof state === "string" || state.rows !== held[0]?.rows) giveHeld(offset);
      if (state === "open") continue;
      this.#waitFor(block, start, offset);
      start = offset + 1;
      if (state !== "done") {
        held.push(state);
        continue;
      }
      skipped++;
      if (this.#history.fateOf(sequence) === "failed") failed++;
    }
    giveHeld(block.count);
    this.#waitFor(block, start, block.count);
    this.#tellSkipped(skipped, failed);
  }

  /** Records that are still to be run. What is left of one batch is not handed to the function with records of the next one. */
  #waitFor(block: RecordBlock, start: number, end: number): void {
    const batch = this.#options.batch ?? 1;
    const whole = Math.min(end, Math.ceil(start / batch) * batch);
    if (start < whole) this.#waiting.push({ block: block.part(start, whole) });
    if (whole < end) this.#waiting.push({ block: block.part(whole, end) });
  }

  /** Whether a record is still to be run, or is done; what is known of it if its results are still to be written. */
  #judge(sequence: number, record: Uint8Array, line: number): "open" | "done" | HeldResult {
    const fate = this.#history.fateOf(sequence);
    if (fate === "unknown") return "open";
    if (!this.#options.force && !this.#history.matches(sequence, hashOf(record))) {
      throw new UsageError(
        `Cannot resume: record ${sequence} (line ${line}) is not the one in the joblog, wanted the same input, or --force`,
      );
    }
    const held = this.#history.heldOf(sequence);
    const isFailed = held?.isFailed ?? fate === "failed";
    if (isFailed && this.#options.resume !== "missing") return "open";
    return held ?? "done";
  }

  #requireAllSeen(): void {
    const { records } = this.#inputs;
    if (this.#options.force || records >= this.#history.last) return;
    throw new UsageError(
      `Cannot resume: the input ends after ${records} records, the joblog has one of number ${this.#history.last}, ` +
        `wanted the same input, or --force`,
    );
  }

  #tellSkipped(records: number, failed: number): void {
    if (records === 0) return;
    this.#earlier.records += records;
    this.#earlier.failed += failed;
    this.#events.emit({ type: "skip", at: Date.now(), records, failed });
  }
}
