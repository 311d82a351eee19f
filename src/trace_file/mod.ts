/**
 * Writes what happens in a pool to a file that [Perfetto](https://ui.perfetto.dev) and Chrome's `about:tracing` draw.
 *
 * ```ts
 * import { Pool } from "@corral/multiprocessing";
 * import { traceTo } from "@corral/multiprocessing/trace";
 *
 * const path = await Deno.makeTempFile({ suffix: ".json" });
 * {
 *   using trace = traceTo(path);
 *   await using pool = new Pool({ workers: 2 });
 *   pool.observe(trace);
 *   await pool.map(Math.sqrt, [1, 4, 9]);
 * }
 * console.log(JSON.parse(await Deno.readTextFile(path)).length > 0); // true
 * ```
 *
 * @module
 */
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { OptionChecks } from "../option_checks.ts";
import type { WorkerIdentity } from "../pool/backend.ts";
import type { ObservedTask, PoolObserver, TaskOutcome, TaskPhase } from "../pool/observing/observer.ts";

export type { FailureKind, WorkerEnd, WorkerIdentity } from "../pool/backend.ts";
export type {
  ObservedJob,
  ObservedTask,
  PlannedTask,
  PoolObserver,
  TaskOutcome,
  TaskPhase,
} from "../pool/observing/observer.ts";
export type { Attributes, AttributeValue, SpanReport } from "../wire/span_report.ts";

/** Options of a trace file. */
export interface TraceOptions {
  /** The share of tasks that are written, above 0 and at most 1; workers are written always. @default 1 */
  sample?: number;
}

const KNOWN: Readonly<Record<keyof TraceOptions, true>> = { sample: true };
const checks = new OptionChecks("open a trace file");
const BUFFER_CHARACTERS = 64 * 1024;
const TIMES = 1000; // The format counts microseconds.
/** Where what has no worker is drawn. */
const POOL_TRACK = -1;

/** A trace file that is open: an observer for `pool.observe()`. One file can take several pools. */
export interface TraceFile extends PoolObserver, Disposable {
  /** Writes the rest and closes the file. Harmless the second time; what comes later is not written. */
  close(): void;
}

/** Which track each worker has: its number, unless a worker of another pool has that track. */
class Tracks {
  readonly #tracks = new WeakMap<WorkerIdentity, number>();
  readonly #taken = new Set<number>();

  /** The track of a worker; `undefined` for one that has none yet. */
  of(worker: WorkerIdentity): number | undefined {
    return this.#tracks.get(worker);
  }

  /** Gives a worker a track. */
  take(worker: WorkerIdentity): number {
    let track = worker.workerId;
    while (this.#taken.has(track)) track++;
    this.#taken.add(track);
    this.#tracks.set(worker, track);
    return track;
  }

  /** A worker has ended: another may have its track. */
  free(worker: WorkerIdentity): void {
    this.#taken.delete(this.#tracks.get(worker)!);
  }
}

/** Writes in blocks: a file that was not closed lacks its end, and can be read all the same. */
class TraceWriter implements TraceFile {
  /** Times of begins and ends are wanted exactly. */
  readonly measures = true;
  readonly #file: Deno.FsFile;
  readonly #sample: number;
  readonly #encoder = new TextEncoder();
  readonly #tracks = new Tracks();
  readonly #spawnedAt = new WeakMap<WorkerIdentity, number>();
  /** Those that were submitted since it observes: of others, times are not known, and not all that became of them was told. */
  readonly #known = new WeakSet<ObservedTask>();
  #text = "[";
  #isFirst = true;
  #waiting = 0;
  #running = 0;
  #ended = 0;
  #closed = false;

  constructor(path: string | URL, { sample = 1 }: TraceOptions = {}) {
    if (!(typeof sample === "number" && sample > 0 && sample <= 1)) {
      throw checks.outOfRange(`"sample" is ${shown(sample)}, a number above 0 and at most 1 is wanted`);
    }
    this.#sample = sample;
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  submitted(task: ObservedTask): void {
    this.#known.add(task);
    this.#waiting++;
    this.#count(task.submittedAt);
  }

  sent(task: ObservedTask): void {
    if (!this.#known.has(task)) return;
    this.#waiting--;
    this.#running++;
    this.#count(task.sentAt!);
  }

  returned(task: ObservedTask): void {
    if (!this.#known.has(task)) return;
    this.#waiting++;
    this.#running--;
    this.#count(task.waitingSince);
  }

  retried(task: ObservedTask, error: Error): void {
    if (!this.#known.has(task)) return;
    this.returned(task);
    this.#mark("retry", task.worker, task.waitingSince, { task: task.id, attempt: task.attempt, error: String(error) });
  }

  settled(task: ObservedTask, outcome: TaskOutcome, before: TaskPhase): void {
    if (!this.#known.has(task)) return;
    if (before === "waiting") this.#waiting--;
    else this.#running--;
    const { begunAt, sentAt, settledAt = 0, worker, name, id, attempt, items, durationMs } = task;
    const waitedSince = attempt === 1 ? task.submittedAt : task.waitingSince;
    this.#count(settledAt);
    // Of a task that was tried before, these times can be those of the last try: it waits now, or has not begun again.
    const startedAt = before === "waiting" ? undefined : begunAt! > sentAt! ? begunAt : sentAt;
    if (!this.#isSampled()) return;
    const args = {
      task: id,
      attempt,
      outcome,
      items,
      waitedMs: startedAt === undefined ? undefined : startedAt - waitedSince,
    };
    if (startedAt === undefined || worker === undefined) {
      return this.#mark(`${name}: ${outcome}`, undefined, settledAt, args);
    }
    // A program that is busy itself hears late that a task has begun: it cannot have gone on behind its end.
    const ms = durationMs ?? settledAt - startedAt;
    this.#span(name, worker, Math.min(startedAt, settledAt - ms), ms, args);
  }

  workerSpawned(worker: WorkerIdentity, at: number): void {
    this.#spawnedAt.set(worker, at);
    this.#trackOf(worker);
  }

  workerReady(worker: WorkerIdentity, at: number): void {
    const from = this.#spawnedAt.get(worker) ?? at;
    this.#span("start of the worker", worker, from, at - from, { pid: worker.pid });
  }

  workerEnded(worker: WorkerIdentity, end: object, at: number): void {
    this.#mark("end of the worker", worker, at, { pid: worker.pid, ...end });
    this.#tracks.free(worker);
  }

  close(): void {
    refuseArguments("close()", arguments);
    if (this.#closed) return;
    this.#text += "\n]\n";
    this.#flush();
    this.#closed = true;
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Evenly spread over the tasks, and the same for the same tasks. */
  #isSampled(): boolean {
    const before = this.#ended++;
    return Math.floor(this.#ended * this.#sample) > Math.floor(before * this.#sample);
  }

  /** The track of a worker, which is named when it is first needed: it may have been started before this observes. */
  #trackOf(worker: WorkerIdentity): number {
    const known = this.#tracks.of(worker);
    if (known !== undefined) return known;
    const tid = this.#tracks.take(worker);
    const { workerId, pid, agent } = worker;
    const name = `worker ${workerId}${agent === undefined ? "" : ` on ${agent}`}`;
    this.#write({ ph: "M", name: "thread_name", pid: Deno.pid, tid, args: { name, pid } });
    return tid;
  }

  #span(name: string, worker: WorkerIdentity, at: number, ms: number, args: object): void {
    const tid = this.#trackOf(worker);
    this.#write({ ph: "X", name, pid: Deno.pid, tid, ts: at * TIMES, dur: Math.max(0, ms) * TIMES, args });
  }

  #mark(name: string, worker: WorkerIdentity | undefined, at: number, args: object): void {
    const tid = worker === undefined ? POOL_TRACK : this.#trackOf(worker);
    this.#write({ ph: "i", s: "t", name, pid: Deno.pid, tid, ts: at * TIMES, args });
  }

  #count(at: number): void {
    if (this.#sample < 1) return;
    this.#write({
      ph: "C",
      name: "tasks",
      pid: Deno.pid,
      ts: at * TIMES,
      args: { waiting: this.#waiting, running: this.#running },
    });
  }

  #write(event: object): void {
    if (this.#closed) return;
    this.#text += `${this.#isFirst ? "" : ","}\n${JSON.stringify(event)}`;
    this.#isFirst = false;
    if (this.#text.length > BUFFER_CHARACTERS) this.#flush();
  }

  /** When the disk is full, that is told once, and the file ends there: what cannot be written would gather, and be tried again with each event. */
  #flush(): void {
    let rest = this.#encoder.encode(this.#text);
    this.#text = "";
    try {
      while (rest.length > 0) rest = rest.subarray(this.#file.writeSync(rest));
    } catch (error) {
      this.#closed = true;
      this.#file.close();
      throw error;
    }
  }
}

/**
 * Opens a trace file for `pool.observe()`: a track for each worker with its starts and tasks, and how many tasks wait and run.
 *
 * Tasks that were submitted before it observes are left out. With it, each task costs one small message more. The program needs
 * `--allow-write` for the file.
 *
 * @param path The file, which is emptied if it exists.
 * @param options See {@linkcode TraceOptions}.
 * @returns The open file, for `pool.observe()`.
 * @throws {TypeError} If an option has another name, or the path is neither a string nor a URL.
 * @throws {RangeError} If `sample` is not a number above 0 and at most 1.
 * @throws What `Deno.openSync` throws, such as `Deno.errors.NotCapable` without the permission.
 *
 * @example
 * ```ts
 * import { traceTo } from "@corral/multiprocessing/trace";
 *
 * const trace = traceTo(await Deno.makeTempFile({ suffix: ".json" }), { sample: 0.01 });
 * trace.close();
 * ```
 */
export function traceTo(path: string | URL, options: TraceOptions = {}): TraceFile {
  refuseSurplus("traceTo(path, options)", arguments, 2);
  checks.names(options, KNOWN, "a trace file");
  if (typeof path !== "string" && !(path instanceof URL)) {
    throw checks.wrongType(`the path is ${shown(path)}, a path or a file: URL is wanted`);
  }
  return new TraceWriter(path, options);
}
