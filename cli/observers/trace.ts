/**
 * The trace of a run in Chrome's JSON format, which Perfetto and `chrome://tracing` open: a row for each worker slot, with
 * slices for the starts of workers and for records, arrows from failed attempts to the next, and counters.
 */

import type { RecordEvent, RetryEvent, RunEvent, RunObserver, StartEvent, WorkerEvent } from "../records/run_events.ts";
import { TextFile } from "../files/text_file.ts";

const HEAD = '{"displayTimeUnit":"ms","traceEvents":[\n';

/** Makes the file, and an observer that writes the trace while the run goes on. */
export async function createTrace(path: string): Promise<RunObserver> {
  const file = await TextFile.create(path);
  const trace = new ChromeTrace();
  let separator = HEAD;
  return {
    wantsRecords: true,
    wantsHashes: false,
    receive(events) {
      let text = "";
      for (const one of events.flatMap((event) => trace.convert(event))) {
        text += separator + JSON.stringify(one);
        separator = ",\n";
      }
      return text === "" ? undefined : file.write(text);
    },
    async close() {
      await file.write(`${separator === HEAD ? HEAD : ""}\n]}\n`);
      await file.close();
    },
  };
}

/** An event of Chrome's format. Times are in microseconds. */
export interface TraceEvent {
  readonly ph: "M" | "X" | "C" | "i" | "s" | "f";
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly [key: string]: unknown;
}

/** The whole run is one process of the trace; each slot is one of its threads. Thread 0 has what belongs to no slot. */
const PID = 1;
const COUNT_EVERY_MS = 10;
/** After so many of a kind only every second one is written, after as many again every fourth, and so on. */
const PER_STRIDE = 20_000;

/** A trace of millions of slices is opened by nothing: it keeps fewer of a kind the more there are, evenly. */
class Thinning {
  #stride = 1;
  #written = 0;

  /** Whether the one of this number is kept. */
  keeps(number: number): boolean {
    if (number % this.#stride !== 0) return false;
    if (++this.#written % PER_STRIDE === 0) this.#stride *= 2;
    return true;
  }
}

/** Turns the events of a run into those of a trace. Keeps only what is still open. */
export class ChromeTrace {
  #startedAt = 0;
  #read = 0;
  #done = 0;
  #countedAt = -Infinity;
  #countEveryMs = COUNT_EVERY_MS;
  #counts = 0;
  #prints = 0;
  readonly #keptRecords = new Thinning();
  readonly #keptRetries = new Thinning();
  readonly #keptPrints = new Thinning();
  readonly #busy = new Map<number, number>();
  /** By process id. */
  readonly #spawnedAt = new Map<number, number>();
  /** The attempt that failed last, of records that will be tried again. */
  readonly #retried = new Map<number, number>();

  /** The trace events that an event of the run gives. */
  convert(event: RunEvent): TraceEvent[] {
    switch (event.type) {
      case "start":
        return this.#start(event);
      case "worker":
        return this.#worker(event);
      case "record":
        return this.#record(event);
      case "retry":
        return this.#retry(event);
      case "print":
        if (!this.#keptPrints.keeps(this.#prints++)) return [];
        return [this.#instant("print", event.at, event.slot, { text: event.text })];
      case "input":
        this.#read = event.records;
        return [];
      case "block": {
        const blocks = (this.#busy.get(event.slot) ?? 0) + (event.state === "start" ? 1 : -1);
        this.#busy.set(event.slot, Math.max(0, blocks));
        return this.#count(event.at);
      }
      case "count":
        this.#done += event.done;
        return this.#count(event.at);
      case "skip":
        this.#done += event.records;
        return [];
      case "end":
        return [...this.#count(event.at, true), this.#instant(`end: ${event.reason}`, event.at, undefined, {})];
    }
  }

  #start({ startedAt, module, jobs }: StartEvent): TraceEvent[] {
    this.#startedAt = startedAt;
    const slots = Array.from({ length: jobs }, (_, slot) => [
      metadata("thread_name", threadOf(slot), { name: `worker ${slot}` }),
      metadata("thread_sort_index", threadOf(slot), { sort_index: slot }),
    ]);
    return [metadata("process_name", 0, { name: `corral map ${module}` }), ...slots.flat()];
  }

  #worker({ slot, pid, state, at, exitCode, signal }: WorkerEvent): TraceEvent[] {
    const spawnedAt = this.#spawnedAt.get(pid);
    if (state === "spawn") this.#spawnedAt.set(pid, at);
    else this.#spawnedAt.delete(pid);
    const exit = state === "exit" ? [this.#instant("exit", at, slot, { pid, exitCode, signal })] : [];
    if (state === "spawn" || spawnedAt === undefined) return exit;
    return [this.#slice("start of the worker", "worker", slot, spawnedAt, at - spawnedAt, { pid }), ...exit];
  }

  #record({ sequence, slot, startedAt, durationMs, outcome, ...event }: RecordEvent): TraceEvent[] {
    const { input, line, attempt, pid, error } = event;
    const arrow = this.#arrowEnd(sequence, slot, startedAt);
    if (!this.#keptRecords.keeps(sequence)) return arrow;
    if (outcome === "invalid") {
      return [this.#instant(`record ${sequence}: invalid`, startedAt, undefined, { input, line, error })];
    }
    const name = `record ${sequence}${outcome === "ok" || outcome === "dropped" ? "" : `: ${outcome}`}`;
    const args = { input, line, attempt, outcome, pid, ...(error && { error: `${error.name}: ${error.message}` }) };
    return [this.#slice(name, outcome, slot, startedAt, durationMs, args), ...arrow];
  }

  #retry({ sequence, slot, at, attempt, reason, durationMs }: RetryEvent): TraceEvent[] {
    const isKept = this.#keptRetries.keeps(sequence);
    if (durationMs === undefined) {
      return !isKept ? [] : [this.#instant(`retry of record ${sequence}`, at, slot, { attempt, reason })];
    }
    const startedAt = at - durationMs;
    const arrow = this.#arrowEnd(sequence, slot, startedAt);
    if (!isKept) return arrow;
    this.#retried.set(sequence, attempt);
    return [
      this.#slice(`record ${sequence}: ${reason}, tried again`, reason, slot, startedAt, durationMs, { attempt }),
      ...arrow,
      this.#arrow("s", `${sequence}.${attempt}`, slot, startedAt),
    ];
  }

  #slice(name: string, cat: string, slot: number, startedAt: number, ms: number, args: unknown): TraceEvent {
    return { ph: "X", name, cat, pid: PID, tid: threadOf(slot), ts: this.#ts(startedAt), dur: micro(ms), args };
  }

  #instant(name: string, at: number, slot: number | undefined, args: unknown): TraceEvent {
    const tid = slot === undefined ? 0 : threadOf(slot);
    return { ph: "i", s: slot === undefined ? "p" : "t", name, pid: PID, tid, ts: this.#ts(at), args };
  }

  #arrowEnd(sequence: number, slot: number, at: number): TraceEvent[] {
    const attempt = this.#retried.get(sequence);
    this.#retried.delete(sequence);
    return attempt === undefined ? [] : [this.#arrow("f", `${sequence}.${attempt}`, slot, at)];
  }

  /** An arrow begins and ends in the slice that runs at the time. */
  #arrow(ph: "s" | "f", id: string, slot: number, at: number): TraceEvent {
    return { ph, bp: "e", name: "retry", cat: "retry", id, pid: PID, tid: threadOf(slot), ts: this.#ts(at) };
  }

  #count(at: number, always = false): TraceEvent[] {
    if (!always && at - this.#countedAt < this.#countEveryMs) return [];
    this.#countedAt = at;
    if (++this.#counts % PER_STRIDE === 0) this.#countEveryMs *= 2;
    const busy = [...this.#busy.values()].filter((blocks) => blocks > 0).length;
    const counter = (name: string, value: number): TraceEvent => (
      { ph: "C", name, pid: PID, tid: 0, ts: this.#ts(at), args: { value } }
    );
    return [counter("busy workers", busy), counter("records read, not done", Math.max(0, this.#read - this.#done))];
  }

  #ts(at: number): number {
    return micro(at - this.#startedAt);
  }
}

function metadata(name: string, tid: number, args: unknown): TraceEvent {
  return { ph: "M", name, pid: PID, tid, args };
}

function threadOf(slot: number): number {
  return slot + 1;
}

/** Whole nanoseconds, so that sums of doubles do not give long tails of digits. */
function micro(ms: number): number {
  return Math.round(ms * 1e6) / 1e3;
}
