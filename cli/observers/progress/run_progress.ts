/** How far a run is: what a bar shows, counted from the events. */

import { WorkCounter } from "@corral/multiprocessing/progress/parts";
import type { BlockEvent, InputEvent, RunEvent, WorkerEvent } from "../../records/run_events.ts";

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

/** Counts the events of a run. */
export class RunProgress {
  /** The records; there is none before the run has begun. */
  counter: WorkCounter | undefined;
  readonly #expected: number | undefined;
  readonly #slots = new Map<number, SlotProgress>();
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
        this.counter = new WorkCounter(event.startedAt);
        this.#totalBytes = event.totalBytes;
        for (let slot = 0; slot < event.jobs; slot++) this.#slot(slot, event.startedAt);
        break;
      case "input":
        this.#takeInput(event);
        break;
      case "count":
        this.counter?.count(event.done, event.failed, event.at);
        break;
      case "skip":
        this.counter?.skip(event.records, event.at);
        break;
      case "worker":
        this.#takeWorker(event);
        break;
      case "block":
        this.#takeBlock(event);
        break;
      case "end":
        if (this.counter !== undefined) this.counter.endedAt = event.at;
    }
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
