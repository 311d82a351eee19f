import { PoolClosedError } from "../../../src/errors.ts";
import type {
  BackendAbilities,
  BackendSettings,
  ChunkGoal,
  Completion,
  TaskBackend,
  TaskHandle,
  TaskRequest,
  WorkerIdentity,
  WorkerInfo,
} from "../../../src/pool/backend.ts";
import { outcomeOf, timeoutError } from "./fake_tasks.ts";

const now = (): number => performance.now();

interface FakeTask extends TaskHandle {
  readonly completion: Completion;
  state: "waiting" | "begun" | "settled";
}

/** A backend in memory: two workers that are promises, run functions by their text, and know no processes. */
export class FakeBackend implements TaskBackend {
  readonly abilities: BackendAbilities = { handles: false, keys: false, runIds: true, progress: "live" };
  readonly capacity = 2;
  readonly backlog = 4;
  readonly chunkGoal: ChunkGoal = { ms: 5, bytes: 10_000 };
  readonly broken = undefined;
  readonly #settings: BackendSettings;
  readonly #ended = Promise.withResolvers<void>();
  readonly #idle: WorkerIdentity[] = [{ workerId: 1, pid: 102 }, { workerId: 0, pid: 101 }];
  readonly #running = new Map<FakeTask, WorkerIdentity>();
  /** Outcomes of requests with a run's id, by all that tells them apart. */
  readonly #runs = new Map<string, Promise<{ value: unknown } | { error: unknown }>>();
  #waiting: FakeTask[] = [];
  #lastId = 0;
  #closed = false;

  constructor(settings: BackendSettings) {
    this.#settings = settings;
    for (const worker of this.#idle) settings.workers.spawned(worker, now());
    for (const worker of this.#idle) settings.workers.ready(worker, now());
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  submit(request: TaskRequest, completion: Completion): FakeTask {
    // Requests are plain data: this would throw otherwise.
    const task: FakeTask = { id: ++this.#lastId, request: structuredClone(request), completion, state: "waiting" };
    const place = this.#waiting.findIndex((other) => other.request.priority < request.priority);
    this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, task);
    queueMicrotask(() => this.#handOut());
    return task;
  }

  cancel(task: FakeTask, reason: unknown): void {
    if (task.state === "settled") return;
    this.#waiting = this.#waiting.filter((other) => other !== task);
    this.#settle(task, () => task.completion.reject(reason, "cancelled"));
  }

  hasBegun(task: FakeTask): boolean {
    return task.state === "begun";
  }

  isSent(task: FakeTask): boolean {
    return task.state === "begun";
  }

  async flushed(): Promise<void> {}

  async ready(): Promise<void> {
    if (this.#closed) throw new PoolClosedError("Cannot get ready: it was closed");
    await undefined;
  }

  close(): void {
    this.#closed = true;
    this.#endIfDone();
  }

  terminate(error: () => Error): void {
    this.#closed = true;
    for (const task of [...this.#waiting, ...this.#running.keys()]) this.cancel(task, error());
    this.#endIfDone();
  }

  workers(): WorkerInfo[] {
    const info = (state: "idle" | "busy") => (worker: WorkerIdentity) => ({ ...worker, state, tasksDone: 0 });
    return [...this.#idle.map(info("idle")), ...[...this.#running.values()].map(info("busy"))];
  }

  #handOut(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) this.#run(this.#waiting.shift()!, this.#idle.pop()!);
    this.#endIfDone();
  }

  async #run(task: FakeTask, worker: WorkerIdentity): Promise<void> {
    const { request, completion } = task;
    task.state = "begun";
    this.#running.set(task, worker);
    this.#settings.workers.busy(worker, now());
    completion.sent(worker, now());
    completion.begun(now());
    const { timeoutMs } = request;
    const timer = timeoutMs === undefined
      ? undefined
      : setTimeout(() => this.#settle(task, () => completion.reject(timeoutError(timeoutMs), "timeout")), timeoutMs);
    const startedAt = now();
    const outcome = await this.#outcomeOf(task);
    clearTimeout(timer);
    if ("value" in outcome) this.#settle(task, () => completion.resolve(outcome.value, now() - startedAt));
    else this.#settle(task, () => completion.reject(outcome.error, "task", now() - startedAt));
  }

  #outcomeOf(task: FakeTask): Promise<{ value: unknown } | { error: unknown }> {
    const run = (): Promise<{ value: unknown } | { error: unknown }> =>
      outcomeOf(task.request, (value) => {
        if (task.state !== "settled") task.completion.progress(value);
      });
    const { runId, function: fn, payload, chunk } = task.request;
    if (runId === undefined) return run();
    const key = JSON.stringify([runId, fn, payload.text, chunk]);
    const outcome = this.#runs.get(key) ?? run();
    this.#runs.set(key, outcome);
    return outcome;
  }

  #settle(task: FakeTask, tell: () => void): void {
    if (task.state === "settled") return;
    task.state = "settled";
    tell();
    const worker = this.#running.get(task);
    if (worker !== undefined) {
      this.#running.delete(task);
      this.#idle.push(worker);
      this.#settings.workers.idle(worker, now());
    }
    this.#handOut();
  }

  #endIfDone(): void {
    if (this.#closed && this.#waiting.length === 0 && this.#running.size === 0) this.#ended.resolve();
  }
}
