import type { AgentJob } from "../bullmq/job_source.ts";
import type { Clock } from "../clock.ts";
import {
  type Completion,
  encode,
  type SpanReport,
  type TaskBackend,
  type TaskHandle,
  type TaskRequest,
} from "../corral.ts";
import type { Sealer } from "../message/letter.ts";
import { MOST_SPAN_CHARACTERS, MOST_SPANS } from "../message/outcome.ts";
import { OUTCOME_INLINE_BYTES, pack } from "../message/parcel.ts";
import { RunLog } from "./run_log.ts";
import { thrownText } from "./thrown_text.ts";

const PROGRESS_MS = 50;

/** How a task ended on this agent. */
export type RunEnd =
  & ({ readonly ok: true; readonly value: unknown } | {
    readonly ok: false;
    readonly error: unknown;
    readonly own: boolean;
  })
  & { readonly durationMs: number | undefined };

/** Told that the task waits to be tried again, since its worker was lost: stops it, or calls `goOn`. */
export type OnWorkerLost = (error: Error, goOn: () => void) => void;

/** One task on this agent's workers: from its job to its end. */
export class Run {
  readonly job: AgentJob;
  /** The client that waits; `undefined` for a run that outlives it. */
  readonly client: string | undefined;
  readonly #backend: TaskBackend;
  readonly #sealer: Sealer;
  readonly #clock: Clock;
  readonly #onWorkerLost: OnWorkerLost;
  /** What its code has traced. */
  readonly spans: SpanReport[] = [];
  #spanCharacters = 0;
  #handle: TaskHandle | undefined;
  #begun = false;
  #pid: number | undefined;
  #abandoned = false;
  #ended = false;
  #latest: { readonly value: unknown } | undefined;
  #progressTimer: { cancel(): void } | undefined;
  /** What is being told now. */
  #telling: Promise<void> = Promise.resolve();
  readonly #log: RunLog;

  constructor(
    job: AgentJob,
    client: string | undefined,
    tools: { backend: TaskBackend; sealer: Sealer; clock: Clock; onWorkerLost: OnWorkerLost },
  ) {
    this.job = job;
    this.client = client;
    this.#backend = tools.backend;
    this.#sealer = tools.sealer;
    this.#clock = tools.clock;
    this.#onWorkerLost = tools.onWorkerLost;
    this.#log = new RunLog(job, tools.clock);
  }

  /** The id of the request in the backend, once it is there. */
  get taskId(): number | undefined {
    return this.#handle?.id;
  }

  /** The worker's process that has it, or had it last. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Whether a worker may have begun it. */
  get hasBegun(): boolean {
    return this.#begun || (this.#handle !== undefined && this.#backend.hasBegun(this.#handle));
  }

  /** Whether the job is not this agent's any more. */
  get isAbandoned(): boolean {
    return this.#abandoned;
  }

  /** Runs it. Never rejects. */
  async start(request: TaskRequest): Promise<RunEnd> {
    const { promise, resolve } = Promise.withResolvers<RunEnd>();
    const completion: Completion = {
      sent: (worker) => {
        this.#pid = worker?.pid;
      },
      begun: () => {
        this.#begun = true;
      },
      returned() {},
      retried: (error) =>
        this.#onWorkerLost(error, () => {
          this.job.startsAgain().catch(() => {});
        }),
      progress: (value) => this.#progress(value),
      span: (report) => this.#span(report),
      resolve: (value, durationMs) => resolve({ ok: true, value, durationMs }),
      reject: (error, kind, durationMs) => resolve({ ok: false, error, own: kind === "task", durationMs }),
    };
    this.#handle = this.#backend.submit(request, completion);
    const end = await promise;
    this.#ended = true;
    this.#progressTimer?.cancel();
    // The last value is the one that matters most, and comes before the answer: over PostgreSQL, the two may take different connections.
    await this.#telling;
    await this.#sendProgress();
    this.#log.end(!end.ok && end.own ? `${thrownText(end.error)}\n` : "");
    return end;
  }

  /** Stops it. Its end says so. */
  cancel(reason: Error): void {
    if (this.#handle === undefined) return;
    // Afterwards the backend no longer knows.
    this.#begun = this.hasBegun;
    this.#backend.cancel(this.#handle, reason);
  }

  /** Stops it, since the job is not this agent's any more. */
  abandon(reason: Error): void {
    this.#abandoned = true;
    this.cancel(reason);
  }

  /** Notes what it printed, for dashboards. */
  printed(bytes: Uint8Array): void {
    this.#log.printed(bytes);
  }

  #span(report: SpanReport): void {
    if (this.spans.length >= MOST_SPANS) return;
    const { length } = JSON.stringify(report);
    if (this.#spanCharacters + length > MOST_SPAN_CHARACTERS) return;
    this.#spanCharacters += length;
    this.spans.push(report);
  }

  /** The latest value wins: each is an event for every client of the queue. */
  #progress(value: unknown): void {
    this.#latest = { value };
    this.#tellLater();
  }

  #tellLater(): void {
    if (this.#ended) return;
    this.#progressTimer ??= this.#clock.after(PROGRESS_MS, () => {
      this.#telling = this.#tellNow();
    });
  }

  /** One after the other: values that come meanwhile wait, and the newest of them is told next. */
  async #tellNow(): Promise<void> {
    await this.#sendProgress();
    this.#progressTimer = undefined;
    if (this.#latest !== undefined) this.#tellLater();
  }

  async #sendProgress(): Promise<void> {
    if (this.#latest === undefined) return;
    const { value } = this.#latest;
    this.#latest = undefined;
    try {
      const { parcel, pieces } = pack(encode(value), OUTCOME_INLINE_BYTES);
      if (pieces.length > 0) return;
      await this.job.progress(this.#sealer.seal("progress", JSON.stringify({ id: this.job.id, value: parcel })));
    } catch {
      // Progress is for people: what cannot travel, or is too large for an event, is left out.
    }
  }
}
