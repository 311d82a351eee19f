/** A run in short: all that its report shows, gathered from the events in memory that does not grow with the records. */

import type {
  EndEvent,
  RecordEvent,
  RecordOutcome,
  RetryEvent,
  RunEvent,
  StartEvent,
  WorkerEvent,
} from "../../records/run_events.ts";
import { DurationHistogram } from "@corral/multiprocessing/progress/parts";
import { TimeBins } from "./time_bins.ts";

/** One process in a slot; times are in milliseconds since the start of the run. */
export interface WorkerLife {
  readonly pid: number;
  readonly spawnedMs: number;
  readyMs?: number;
  exitedMs?: number;
  exitCode?: number | null;
  signal?: string | null;
}

/** What a worker slot did. */
export interface SlotSummary {
  readonly slot: number;
  readonly lives: WorkerLife[];
  /** Processes, also those that `lives` has no room for. */
  processes: number;
  records: number;
  failed: number;
  busyMs: number;
  readonly busy: TimeBins;
  /** Records by when they ended, and those of them that failed; the bins are the same. */
  readonly ended: TimeBins;
  readonly failures: TimeBins;
}

/** A record as a bar of its own. */
export interface RecordSpan {
  readonly sequence: number;
  readonly slot: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly outcome: RecordOutcome;
}

/** Failures of one kind: of one outcome and class, and texts that differ in nothing but numbers and what is quoted. */
export interface FailureGroup {
  readonly outcome: RecordOutcome;
  /** The text of the first one. */
  readonly error: string;
  /** Whether there are others, with another text. */
  varies: boolean;
  count: number;
}

/** What is kept one by one; of the rest, sums. */
const LIMITS = {
  slowest: 10,
  spans: 2000,
  failures: 200,
  groups: 200,
  lives: 6000,
  cells: 12_000,
  groupLength: 200,
};
const RATE_BINS = 120;

/** Takes in the events of a run. */
export class RunSummary {
  start: StartEvent | undefined;
  end: EndEvent | undefined;
  readonly outcomes = new Map<RecordOutcome, number>();
  readonly retries = new Map<RetryEvent["reason"], number>();
  readonly failures: RecordEvent[] = [];
  readonly groups = new Map<string, FailureGroup>();
  /** Those that took longest, the longest first. */
  slowest: RecordEvent[] = [];
  readonly durations = new DurationHistogram();
  readonly done = new TimeBins(RATE_BINS);
  /** The records, if they are few; empty otherwise. */
  spans: RecordSpan[] = [];
  input = { records: 0, bytes: 0 };
  results = 0;
  records = 0;
  #lastAt = 0;
  readonly #slots = new Map<number, SlotSummary>();

  get slots(): readonly SlotSummary[] {
    return [...this.#slots.values()].sort((a, b) => a.slot - b.slot);
  }

  get failed(): number {
    return this.records - (this.outcomes.get("ok") ?? 0) - (this.outcomes.get("dropped") ?? 0);
  }

  /** How long the run took, or what is known of it. */
  get durationMs(): number {
    return Math.max(0, (this.end?.at ?? this.#lastAt) - (this.start?.startedAt ?? 0));
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case "start":
        this.start = event;
        this.#lastAt = event.startedAt;
        for (let slot = 0; slot < Math.min(event.jobs, LIMITS.cells / 2); slot++) this.#slot(slot);
        return;
      case "record":
        return this.#record(event);
      case "worker":
        this.#worker(event);
        break;
      case "retry":
        this.retries.set(event.reason, (this.retries.get(event.reason) ?? 0) + 1);
        break;
      case "input":
        this.input = { records: event.records, bytes: event.bytes };
        break;
      case "end":
        this.end = event;
    }
    this.#lastAt = Math.max(this.#lastAt, event.at);
  }

  #record(event: RecordEvent): void {
    const { outcome, slot, durationMs, results } = event;
    const fails = outcome !== "ok" && outcome !== "dropped";
    this.records++;
    this.results += results;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    const fromMs = this.#sinceStart(event.startedAt);
    this.done.add(fromMs + durationMs, 1);
    if (fails) this.#failure(event);
    this.#lastAt = Math.max(this.#lastAt, event.startedAt + durationMs);
    // A record that is invalid never came to a worker.
    if (outcome === "invalid") return;
    this.durations.record(durationMs);
    this.#noteSlow(event);
    this.#addToSlot(this.#slot(slot), fromMs, durationMs, fails);
    if (this.records <= LIMITS.spans) {
      this.spans.push({ sequence: event.sequence, slot, fromMs, toMs: fromMs + durationMs, outcome });
    } else this.spans = [];
  }

  #addToSlot(slot: SlotSummary, fromMs: number, durationMs: number, fails: boolean): void {
    slot.records++;
    slot.busyMs += durationMs;
    slot.busy.addSpan(fromMs, fromMs + durationMs);
    slot.ended.add(fromMs + durationMs, 1);
    slot.failures.add(fromMs + durationMs, fails ? 1 : 0);
    if (fails) slot.failed++;
  }

  #failure(event: RecordEvent): void {
    if (this.failures.length < LIMITS.failures) this.failures.push(event);
    const { outcome, error } = event;
    const firstLine = `${error?.name ?? outcome}: ${error?.message ?? ""}`.split("\n", 1)[0]!;
    const text = firstLine.slice(0, LIMITS.groupLength);
    const key = `${outcome} ${text.replaceAll(/"[^"]*"|'[^']*'|\d+(?:\.\d+)?/g, "#")}`;
    const known = this.groups.has(key) || this.groups.size < LIMITS.groups;
    const group = this.groups.get(known ? key : "") ??
      { outcome, error: known ? text : "other errors", varies: false, count: 0 };
    group.count++;
    if (known && group.error !== text) group.varies = true;
    this.groups.set(known ? key : "", group);
  }

  #noteSlow(event: RecordEvent): void {
    const { slowest } = this;
    if (slowest.length === LIMITS.slowest && slowest.at(-1)!.durationMs >= event.durationMs) return;
    const at = slowest.findIndex(({ durationMs }) => durationMs < event.durationMs);
    slowest.splice(at < 0 ? slowest.length : at, 0, event);
    slowest.length = Math.min(slowest.length, LIMITS.slowest);
  }

  #worker({ slot, pid, state, at, exitCode, signal }: WorkerEvent): void {
    const one = this.#slot(slot);
    const ms = this.#sinceStart(at);
    if (state === "spawn") {
      one.processes++;
      if (one.lives.length < LIMITS.lives / this.#jobs) one.lives.push({ pid, spawnedMs: ms });
      return;
    }
    const life = one.lives.findLast((life) => life.pid === pid);
    if (!life) return;
    if (state === "ready") life.readyMs = ms;
    else Object.assign(life, { exitedMs: ms, exitCode, signal });
  }

  #slot(slot: number): SlotSummary {
    let one = this.#slots.get(slot);
    if (one) return one;
    // An event file may have other slots than it says.
    const slots = Math.max(this.#jobs, this.#slots.size);
    const bins = 2 * Math.max(30, Math.min(300, Math.floor(LIMITS.cells / slots / 2)));
    one = {
      slot,
      lives: [],
      processes: 0,
      records: 0,
      failed: 0,
      busyMs: 0,
      busy: new TimeBins(bins),
      ended: new TimeBins(bins),
      failures: new TimeBins(bins),
    };
    this.#slots.set(slot, one);
    return one;
  }

  get #jobs(): number {
    return Math.max(1, this.start?.jobs ?? 1);
  }

  #sinceStart(at: number): number {
    return Math.max(0, at - (this.start?.startedAt ?? at));
  }
}
