import {
  type BackendAbilities,
  type ChunkGoal,
  type Completion,
  decode,
  type FunctionSpec,
  type TaskBackend,
  type TaskHandle,
  type TaskRequest,
  type WorkerInfo,
} from "@corral/multiprocessing/backend";
import { FunctionNotFoundError, WorkerExitError, WorkerStartError } from "@corral/multiprocessing/pool";
import { isPiece } from "../records/batch.ts";
import { OverdueWatch } from "../run/overdue_watch.ts";
import { type BlockOrder, STUCK } from "../runner/protocol.ts";
import { SERVED_FUNCTION } from "./block_report.ts";
import { ServedBlock } from "./served_block.ts";

/**
 * Runs blocks of other machines' runs on workers of this one. What a worker says while it is at a block stays here, and leaves with
 * its answer as one report: on the way to the run, values may be left out, and each costs as much as a block.
 *
 * So it is here that records are ended which run for too long, and that a worker's death becomes a part of the report: with all that was
 * done before, and with the record that was running. See `docs/decisions/command.md`.
 */
export class ServedBackend implements TaskBackend {
  readonly abilities: BackendAbilities;
  readonly chunkGoal: ChunkGoal | undefined;
  readonly ended: Promise<void>;
  readonly #inner: TaskBackend;
  readonly #agent: string;
  readonly #runner: FunctionSpec;
  readonly #blocks = new Map<number, ServedBlock>();
  readonly #running = new Set<ServedBlock>();
  readonly #overdue = new OverdueWatch<ServedBlock>(this.#running, (block) => this.#endForTime(block));

  /** `runner` is what workers run; it is the agent's own text. */
  constructor(inner: TaskBackend, agent: string, runner: FunctionSpec) {
    this.#inner = inner;
    this.#agent = agent;
    this.#runner = runner;
    this.abilities = inner.abilities;
    this.chunkGoal = inner.chunkGoal;
    this.ended = inner.ended.finally(() => this.#overdue.stop());
  }

  get capacity(): number {
    return this.#inner.capacity;
  }

  get backlog(): number {
    return this.#inner.backlog;
  }

  get broken(): Error | undefined {
    return this.#inner.broken;
  }

  submit(request: TaskRequest, completion: Completion): TaskHandle {
    let order: BlockOrder | undefined;
    try {
      order = orderOf(request);
    } catch (error) {
      queueMicrotask(() => completion.reject(error, "task"));
      return { id: 0, request };
    }
    const block = new ServedBlock(this.#agent, order?.timeoutMs ?? null, (report) => completion.progress(report));
    const served = { ...request, function: this.#runner, retries: 0 };
    const handle = this.#inner.submit(served, this.#completionOf(block, completion, order !== undefined));
    block.handle = handle;
    this.#blocks.set(handle.id, block);
    this.#running.add(block);
    if (block.timeoutMs !== null) this.#overdue.start(block.timeoutMs);
    return handle;
  }

  /** Keeps what a task printed for the one who waits for it. */
  print(taskId: number, bytes: Uint8Array): void {
    this.#blocks.get(taskId)?.print(bytes);
  }

  cancel(task: TaskHandle, reason: unknown): void {
    if (task.id !== 0) this.#inner.cancel(task, reason);
  }

  hasBegun(task: TaskHandle): boolean {
    return task.id !== 0 && this.#inner.hasBegun(task);
  }

  isSent(task: TaskHandle): boolean {
    return task.id !== 0 && this.#inner.isSent(task);
  }

  flushed(): Promise<void> {
    return this.#inner.flushed();
  }

  ready(): Promise<void> {
    return this.#inner.ready();
  }

  close(): void {
    this.#inner.close();
  }

  terminate(error: () => Error, how: "terminate" | "kill"): void {
    this.#inner.terminate(error, how);
  }

  workers(): WorkerInfo[] {
    return this.#inner.workers();
  }

  #completionOf(block: ServedBlock, completion: Completion, isBlock: boolean): Completion {
    const answer = (error: Error | undefined, durationMs: number | undefined): void => {
      try {
        completion.resolve(block.report(error), durationMs);
      } catch (fault) {
        // The worker sent details that cannot be read.
        completion.reject(fault, "worker", durationMs);
      }
    };
    return {
      sent: (worker, at) => {
        if (worker !== undefined) block.sentTo(worker);
        completion.sent(worker, at);
      },
      begun: (at) => completion.begun(at),
      returned: (at) => completion.returned(at),
      retried: (error, attempt, at) => completion.retried(error, attempt, at),
      span: (report) => completion.span?.(report),
      progress: (value) => {
        // The function may report progress of its own, if it was written for pools.
        if (!isPiece(value)) return;
        block.take(value);
        const [, , state] = value;
        if ((state & STUCK) !== 0) this.#endForTime(block);
      },
      resolve: (value, durationMs) => {
        this.#forget(block);
        if (!isBlock) return completion.resolve(undefined, durationMs);
        if (!isPiece(value)) return completion.reject(new TypeError("A worker answered with no piece"), "worker");
        block.take(value);
        answer(undefined, durationMs);
      },
      reject: (error, kind, durationMs) => {
        this.#forget(block);
        if (isBlock && (block.isOutOfTime || isWorkerLost(error, kind))) return answer(error as Error, durationMs);
        block.leave();
        completion.reject(error, kind, durationMs);
      },
    };
  }

  #forget(block: ServedBlock): void {
    if (block.handle !== undefined) this.#blocks.delete(block.handle.id);
    block.handle = undefined;
    this.#running.delete(block);
    if (this.#running.size === 0) this.#overdue.stop();
  }

  #endForTime(block: ServedBlock): void {
    if (block.handle === undefined || block.isOutOfTime) return;
    block.isOutOfTime = true;
    this.#inner.cancel(block.handle, new Error("The record's time is up"));
  }
}

/** The order of a block; nothing when a worker is only to make itself ready for a run. Throws when something else is asked for. */
function orderOf({ function: { kind, name }, chunk, payload }: TaskRequest): BlockOrder | undefined {
  if (kind !== "export" || name !== SERVED_FUNCTION || chunk !== undefined) {
    throw new FunctionNotFoundError(`Cannot run ${name}: this agent serves corral map --cluster, and nothing else`);
  }
  const [, , order] = decode(JSON.parse(payload.text), payload.tagged, payload.parts) as [
    string,
    Uint8Array?,
    BlockOrder?,
  ];
  return order;
}

/** Whether a worker began the block, and ended. */
function isWorkerLost(error: unknown, kind: string): boolean {
  return kind === "worker" && error instanceof WorkerExitError && !(error instanceof WorkerStartError) &&
    error.taskStarted;
}
