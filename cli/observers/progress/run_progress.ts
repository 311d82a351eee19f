/** How far a run is: what a bar shows, counted from the events. */

import type { BlockEvent, InputEvent, RunEvent, SkipEvent, WorkerEvent } from "../../records/run_events.ts";

/** One worker slot, as it is now. */
export interface SlotProgress {
  readonly slot: number;
  pid?: number;
  state: "none" | "starting" | "idle" | "busy";
  /** When the state began. */
  since: number;
  /** The first record of the block in work, and how many it has. */
  block?: { readonly firstSequence: number; readonly records: number };
  /** Records in the blocks that it ended. */
  records: number;
}

/** What is known of the run's length. */
export interface TotalRecords {
  readonly records: number;
  /** Reckoned from the bytes that were read so far. */
  readonly estimated: boolean;
}

/** The rate is that of the last seconds, so that it follows a change but not every pause. */
const RATE_WINDOW_MS = 10_000;
const SAMPLE_EVERY_MS = 500;

/** Counts the events of a run. */
export class RunProgress {
  /** Those that earlier runs finished are counted, too. */
  done = 0;
  failed = 0;
  /** Records that earlier runs finished; no work of this run, so the rate leaves them out. */
  skipped = 0;
  startedAt: number | undefined;
  endedAt: number | undefined;
  readonly #expected: number | undefined;
  readonly #slots = new Map<number, SlotProgress>();
  #samples: { at: number; done: number }[] = [];
  #input = { records: 0, ended: false };
  #totalBytes: number | undefined;
  #estimate: number | undefined;

  /** With the number of records, if the user told it. */
  constructor(expected?: number) {
    this.#expected = expected;
  }

  /** The slots, in order. */
  get slots(): readonly SlotProgress[] {
    return [...this.#slots.values()].sort((a, b) => a.slot - b.slot);
  }

  get busy(): number {
    return this.slots.filter(({ state }) => state === "busy").length;
  }

  /** How many records there are, as far as that can be told. */
  get total(): TotalRecords | undefined {
    const { records, ended } = this.#input;
    if (ended) return { records, estimated: false };
    if (this.#expected !== undefined) return { records: Math.max(this.#expected, records), estimated: false };
    return this.#estimate === undefined ? undefined : { records: Math.max(this.#estimate, records), estimated: true };
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case "start":
        this.startedAt = event.startedAt;
        this.#totalBytes = event.totalBytes;
        this.#samples = [{ at: event.startedAt, done: 0 }];
        for (let slot = 0; slot < event.jobs; slot++) this.#slot(slot, event.startedAt);
        break;
      case "input":
        this.#takeInput(event);
        break;
      case "count":
        this.done += event.done;
        this.failed += event.failed;
        this.#sample(event.at);
        break;
      case "skip":
        this.#takeSkip(event);
        break;
      case "worker":
        this.#takeWorker(event);
        break;
      case "block":
        this.#takeBlock(event);
        break;
      case "end":
        this.endedAt = event.at;
    }
  }

  /** Records per second: over the last seconds while it runs, over all of it when it has ended. */
  rateAt(now: number): number {
    if (this.startedAt === undefined) return 0;
    const from = this.endedAt === undefined ? this.#samples[0]! : { at: this.startedAt, done: this.skipped };
    const elapsedMs = (this.endedAt ?? now) - from.at;
    return elapsedMs <= 0 ? 0 : (this.done - from.done) / elapsedMs * 1000;
  }

  /** Milliseconds to the end, if that can be told. */
  timeLeftAt(now: number): number | undefined {
    const rate = this.rateAt(now);
    const { total } = this;
    return total === undefined || rate === 0 ? undefined : Math.max(0, total.records - this.done) / rate * 1000;
  }

  /** What is left out takes no time of its own: work begins behind it, or goes on as if it had not been there. */
  #takeSkip({ at, records }: SkipEvent): void {
    const hasWorked = this.done > this.skipped;
    this.done += records;
    this.skipped += records;
    if (hasWorked) { for (const sample of this.#samples) sample.done += records; }
    else this.#samples = [{ at, done: this.done }];
  }

  #sample(at: number): void {
    const samples = this.#samples;
    if (at - (samples.at(-1)?.at ?? 0) >= SAMPLE_EVERY_MS) samples.push({ at, done: this.done });
    while (samples.length > 2 && at - samples[1]!.at >= RATE_WINDOW_MS) samples.shift();
  }

  /** Bytes are read ahead: once all are, they say nothing about the records that are still in them. */
  #takeInput({ records, bytes, ended }: InputEvent): void {
    this.#input = { records, ended };
    const total = this.#totalBytes;
    if (total !== undefined && bytes > 0 && bytes < total) this.#estimate = Math.round(records * total / bytes);
  }

  #takeWorker({ slot, pid, state, at }: WorkerEvent): void {
    const one = this.#slot(slot, at);
    if (state === "exit" && one.pid !== pid) return;
    one.pid = pid;
    one.state = state === "spawn" ? "starting" : state === "ready" ? "idle" : "none";
    one.since = at;
    delete one.block;
  }

  #takeBlock({ slot, state, at, firstSequence, records }: BlockEvent): void {
    const one = this.#slot(slot, at);
    if (state === "start") {
      Object.assign(one, { state: "busy", since: at, block: { firstSequence, records } });
      return;
    }
    one.records += records;
    if (one.block?.firstSequence !== firstSequence) return;
    delete one.block;
    if (one.state === "busy") Object.assign(one, { state: "idle", since: at });
  }

  #slot(slot: number, at: number): SlotProgress {
    let one = this.#slots.get(slot);
    if (!one) this.#slots.set(slot, one = { slot, state: "none", since: at, records: 0 });
    return one;
  }
}
