/** Keeps what the live page shows, from what a pool tells. Its memory is bounded, however long the pool lives. */
import { FailureGroups } from "./failure_groups.ts";
import { History, RESOLUTIONS } from "./history.ts";
import type { Usage } from "./process_usage.ts";
import type { PoolSource, SourceWorker } from "./source.ts";
import type { PageStart, PageState, Sample, WorkerView } from "./state.ts";

const KEPT_OUTPUT = 2000;
/** So many bytes have as many characters as are kept. */
const MOST_DECODED = 4 * KEPT_OUTPUT;
/** Shorter, and a processor time in whole seconds would say 0 % or 100 %. */
const CPU_WINDOW_MS = 5000;

/** What is kept of the worker with one number, over all its processes. */
class KeptWorker {
  pid = 0;
  processes = 0;
  /** What it has begun and not ended, the oldest first. With `concurrency` that can be several. */
  readonly tasks = new Map<number, { readonly name: string; readonly since: number }>();
  output = "";
  usage: Usage | undefined;
  cpuPercent: number | null = null;
  /** What it prints may come in parts that end within a character. */
  #decoder: TextDecoder | undefined;
  #cpuFrom: { readonly at: number; readonly cpuMs: number } | undefined;

  replace(pid: number): void {
    this.pid = pid;
    this.processes++;
    this.tasks.clear();
    this.usage =
      this.#cpuFrom =
      this.#decoder =
        undefined;
    this.cpuPercent = null;
  }

  printed(bytes: Uint8Array): void {
    if (bytes.length > MOST_DECODED) this.#decoder = undefined;
    const text = (this.#decoder ??= new TextDecoder()).decode(bytes.subarray(-MOST_DECODED), { stream: true });
    this.output = (this.output + text).slice(-KEPT_OUTPUT);
  }

  measure(usage: Usage | undefined, at: number): void {
    this.usage = usage;
    if (usage === undefined) return;
    // The system's clock can be set back.
    if (this.#cpuFrom === undefined || at < this.#cpuFrom.at) this.#cpuFrom = { at, cpuMs: usage.cpuMs };
    const from = this.#cpuFrom;
    if (at - from.at < CPU_WINDOW_MS) return;
    this.cpuPercent = Math.max(0, (100 * (usage.cpuMs - from.cpuMs)) / (at - from.at));
    this.#cpuFrom = { at, cpuMs: usage.cpuMs };
  }
}

/** Records a pool. Times are milliseconds since 1970. */
export class Recorder {
  readonly #source: PoolSource;
  readonly #startedAt: number;
  readonly #history: History;
  readonly #failures = new FailureGroups();
  readonly #workers = new Map<number, KeptWorker>();
  readonly #itemName: string | undefined;
  #items = { completed: 0, failed: 0 };

  /** @param itemName What items are called that the program counts itself; `undefined` when tasks are what counts. */
  constructor(source: PoolSource, startedAt: number, itemName?: string) {
    this.#source = source;
    this.#startedAt = startedAt;
    this.#itemName = itemName;
    this.#history = new History(startedAt);
  }

  /** A worker was started. */
  spawned(workerId: number, pid: number): void {
    this.#worker(workerId).replace(pid);
  }

  /** A worker has begun a task. */
  began(workerId: number, taskId: number, name: string, at: number): void {
    this.#worker(workerId).tasks.set(taskId, { name, since: at });
  }

  /** A task has ended; `runMs` when it ran, `error` when it failed. */
  ended(
    workerId: number | undefined,
    taskId: number,
    runMs: number | undefined,
    failure: { readonly error: unknown } | undefined,
    at: number,
  ): void {
    if (runMs !== undefined) this.#history.ran(runMs);
    if (this.#itemName === undefined) this.#count(failure === undefined ? 1 : 0, failure ? [failure.error] : [], at);
    this.left(workerId, taskId);
  }

  /** Items have ended: so many well, and the others with these errors. */
  itemsEnded(completed: number, errors: readonly unknown[], at: number): void {
    this.#items = { completed: this.#items.completed + completed, failed: this.#items.failed + errors.length };
    this.#count(completed, errors, at);
  }

  /** A worker has a task no longer. */
  left(workerId: number | undefined, taskId: number): void {
    if (workerId !== undefined) this.#worker(workerId).tasks.delete(taskId);
  }

  /** A worker printed. */
  printed(workerId: number, bytes: Uint8Array): void {
    this.#worker(workerId).printed(bytes);
  }

  /** The processes whose use is to be measured. */
  get pids(): number[] {
    return this.#source.workers().filter(({ agent }) => agent === undefined).map(({ pid }) => pid);
  }

  /** Takes in what processes use. */
  measured(usages: ReadonlyMap<number, Usage>, at: number): void {
    for (const kept of this.#workers.values()) kept.measure(usages.get(kept.pid), at);
  }

  /** What a page is told first. */
  start(control: boolean, now: number): PageStart {
    const { name, grants } = this.#source;
    const samples = this.#history.samples();
    const state = this.#state(now, RESOLUTIONS.map(() => []));
    const items = this.#itemName ?? null;
    return { name, startedAt: this.#startedAt, control, items, grants, resolutions: RESOLUTIONS, samples, state };
  }

  /** What all pages are told each second. */
  step(now: number): PageState {
    const { waiting, running } = this.#source.totals();
    return this.#state(now, this.#history.advance(now, waiting, running));
  }

  #count(completed: number, errors: readonly unknown[], at: number): void {
    this.#history.ended(completed, errors.length);
    for (const error of errors) this.#failures.add(error, at);
  }

  #state(now: number, samples: readonly (readonly Sample[])[]): PageState {
    const { paused = false, size = 0 } = this.#source.control ?? {};
    return {
      now,
      paused,
      workersWanted: size,
      items: this.#itemName === undefined ? null : this.#items,
      totals: this.#source.totals(),
      workers: this.#source.workers().map((worker) => this.#view(worker)),
      failures: this.#failures.views(),
      samples,
    };
  }

  #view({ workerId, pid, agent, state, tasksDone }: SourceWorker): WorkerView {
    const { tasks, processes, output, usage, cpuPercent } = this.#worker(workerId);
    const [task = null] = tasks.values();
    const memoryMiB = usage?.memoryMiB ?? null;
    const restarts = Math.max(0, processes - 1);
    const shown = state === "busy" ? task : null;
    const place = agent === undefined ? {} : { agent };
    return { workerId, pid, ...place, state, task: shown, tasksDone, restarts, memoryMiB, cpuPercent, output };
  }

  #worker(workerId: number): KeptWorker {
    let kept = this.#workers.get(workerId);
    if (kept === undefined) this.#workers.set(workerId, kept = new KeptWorker());
    return kept;
  }
}
