import type { AgentJob, JobEnd, JobRunner } from "../bullmq/job_source.ts";
import type { Store } from "../bullmq/engine.ts";
import { isRefusedForNow } from "../bullmq/refused_now.ts";
import { type Clock, pause } from "../clock.ts";
import {
  CancelledError,
  encode,
  type SpanReport,
  type TaskBackend,
  type TaskRequest,
  WorkerExitError,
} from "../corral.ts";
import type { Letter, Sealer } from "../message/letter.ts";
import { openOrder, type Order, orderClaims } from "../message/order.ts";
import { openOutcome, type Outcome, type OutcomeBody, type RefusalReason, sealOutcome } from "../message/outcome.ts";
import { type Claim, OUTCOME_INLINE_BYTES, pack, type Parcel, TRACED_INLINE_BYTES } from "../message/parcel.ts";
import type { CommonEnd } from "./common_end.ts";
import type { Fitness } from "./fitness.ts";
import type { KnownClients } from "./known_clients.ts";
import type { PieceCache } from "./piece_cache.ts";
import { requestOf } from "./order_request.ts";
import { Run, type RunEnd } from "./run.ts";
import { commonEndError, encodeError, strayedError, unsentError } from "./run_errors.ts";

const SALVAGE_TRIES = 3;
const SALVAGE_WAIT_MS = 300;
/** As long as a client waits by default for a server that refuses its orders. */
const REFUSAL_LIMIT_MS = 30_000;
/** Shorter than SALVAGE_WAIT_MS: the next agent may be looking for what is to be kept. */
const REFUSED_AGAIN_MS = 200;
const NO_PIECES: ReadonlyMap<string, Uint8Array> = new Map();

/** What a runner works with. */
export interface OrderRunnerOptions {
  /** The agent's name. */
  readonly name: string;
  readonly backend: TaskBackend;
  readonly sealer: Sealer;
  readonly store: Store;
  readonly clients: KnownClients;
  readonly cache: PieceCache;
  readonly clock: Clock;
  readonly clockOffsetMs: number;
  readonly commonEnd: Pick<CommonEnd, "judge">;
  readonly fitness: Pick<Fitness, "objectionToStart" | "objectionToEnd">;
  /** Told how long each task ran. */
  readonly onRan: (ms: number) => void;
}

/** Runs the orders of jobs, and answers for those that others cannot finish. */
export class OrderRunner implements JobRunner {
  readonly #options: OrderRunnerOptions;
  readonly #runs = new Set<Run>();
  /** Every job that is worked on now: a server that lost its data gets the same one again while it still runs here. */
  readonly #ends = new Map<string, Promise<JobEnd | undefined>>();
  /** Answers that are not known to be written down. */
  readonly #unrecorded = new Map<string, { readonly name: string; readonly letter: Letter }>();
  /** Those whose worker was ended together with this agent. */
  readonly #endedTogether = new WeakSet<Run>();
  #stopping = false;

  constructor(options: OrderRunnerOptions) {
    this.#options = options;
  }

  /** The tasks that run now. */
  get runs(): ReadonlySet<Run> {
    return this.#runs;
  }

  async run(job: AgentJob): Promise<JobEnd> {
    const order = openOrder(this.#options.sealer, job.id, job.data);
    if ("refusal" in order) return { do: "fail", text: order.detail };
    const earlier = this.#ends.get(job.id);
    if (earlier !== undefined) {
      return await earlier ?? await this.#refuse(job, order, "stopping", "an earlier start of it was being stopped");
    }
    const end = this.#runOrder(job, order);
    this.#ends.set(job.id, end);
    try {
      return await end ?? { do: "fail", text: "this agent lost its hold on it" };
    } finally {
      this.#ends.delete(job.id);
    }
  }

  lost(ids: readonly string[]): void {
    const error = new CancelledError("The task was stopped: this agent lost its hold on it, another one may have it");
    for (const run of this.#runsOf(ids)) run.abandon(error);
  }

  recorded(id: string): void {
    this.#unrecorded.delete(id);
  }

  /** An answer came too late to be written down: the agent that gets the job next finds it, and need not run it again. */
  refused(id: string): void {
    const late = this.#unrecorded.get(id);
    this.#unrecorded.delete(id);
    if (late === undefined) return;
    const { store } = this.#options;
    this.#untilTaken(() => store.keepAnswer(late.name, late.letter), Infinity).catch(() => {});
  }

  /** Stops tasks by the ids of their jobs. */
  stop(ids: readonly string[], reason: Error): void {
    for (const run of this.#runsOf(ids)) run.cancel(reason);
  }

  /** Stops everything that runs: those that may start again go back, the others fail. */
  stopAll(): void {
    this.#stopping = true;
    const error = new WorkerExitError(
      `The task was stopped: its agent ${this.#options.name} was told to end, and its time to drain is over; ` +
        `give the agent a longer --drain, or the task "retries"`,
      { taskStarted: true },
    );
    for (const run of this.#runs) run.cancel(error);
  }

  async #runOrder(job: AgentJob, order: Order): Promise<JobEnd | undefined> {
    let ready: JobEnd | ReadonlyMap<string, Uint8Array>;
    try {
      ready = await this.#prepare(job, order);
    } catch (error) {
      // Such as a connection that was lost while a piece was fetched: nothing has started.
      return await this.#refuse(job, order, "piece", `it could not be made ready: ${(error as Error).message}`);
    }
    if ("do" in ready) return ready;
    return await this.#execute(job, order, requestOf(order, job.starts, ready));
  }

  /** The pieces of an order, or why it must not run. */
  async #prepare(job: AgentJob, order: Order): Promise<JobEnd | ReadonlyMap<string, Uint8Array>> {
    if (job.starts > 1) {
      const kept = await this.#keptAnswer(job, order);
      if (kept !== undefined) return { do: "answer", letter: kept };
      if (job.starts - 1 > order.retries) return await this.#answer(order, { kind: "lost", starts: job.starts - 1 });
    }
    const { clock, clockOffsetMs, clients, fitness } = this.#options;
    const objection = fitness.objectionToStart();
    const reason = objection instanceof Promise ? await objection : objection;
    if (reason !== undefined) return await this.#refuse(job, order, "stopping", reason);
    if (clock.epoch() + clockOffsetMs > order.expires) {
      return await this.#refuse(job, order, "expired", "it had waited too long");
    }
    const isWaitedFor = order.keep === true || clients.isThere(order.client);
    if (isWaitedFor !== true && !await isWaitedFor) {
      return await this.#refuse(job, order, "orphaned", "its client was not there");
    }
    const claims = orderClaims(order);
    return (claims.length === 0 ? NO_PIECES : await this.#fetch(order, claims)) ??
      await this.#refuse(job, order, "piece", "a part of its arguments is not in the store");
  }

  async #execute(job: AgentJob, order: Order, request: TaskRequest): Promise<JobEnd | undefined> {
    const { backend, sealer, clock } = this.#options;
    const run: Run = new Run(job, order.keep === true ? undefined : order.client, {
      ...{ backend, sealer, clock },
      onWorkerLost: (error, goOn) => this.#workerLost(run, error, goOn),
    });
    this.#runs.add(run);
    let end: RunEnd;
    try {
      end = await this.#judged(run, await run.start(request));
    } finally {
      this.#runs.delete(run);
    }
    // What it says of its end must not be kept for the agent that gets the job next: that one is to run it.
    if (run.isAbandoned && !end.ok) return undefined;
    const isStopped = this.#stopping || this.#endedTogether.has(run);
    if (isStopped && !end.ok && end.error instanceof WorkerExitError && !end.own) {
      if (!run.hasBegun) return await this.#refuse(job, order, "stopping", "the agent ended before the task began");
      if (job.starts - 1 < order.retries) return { do: "giveBack" };
    }
    const objection = this.#options.fitness.objectionToEnd(run, end);
    const reason = objection instanceof Promise ? await objection : objection;
    if (reason !== undefined) {
      if (!run.hasBegun) return await this.#refuse(job, order, "stopping", reason);
      if (job.starts - 1 < order.retries) return { do: "giveBack" };
      end = { ok: false, own: false, error: strayedError(this.#options.name, reason), durationMs: undefined };
    }
    const told = end.ok
      ? { kind: "value" as const, value: end.value }
      : { kind: "error" as const, own: end.own, value: encodeError(end.error) };
    const { durationMs } = end;
    if (durationMs !== undefined) this.#options.onRan(durationMs);
    try {
      const traced = await this.#packSpans(order, run.spans);
      return await this.#answer(order, told, {
        ...(order.trace !== undefined && durationMs !== undefined && { durationMs }),
        ...(traced !== undefined && { traced }),
      });
    } catch (error) {
      return await this.#answer(order, { kind: "error", own: false, value: encodeError(unsentError(error)) });
    }
  }

  /** A task that waits to be tried again: where its agent ends, others are to do that. */
  #workerLost(run: Run, error: Error, goOn: () => void): void {
    const { commonEnd, name } = this.#options;
    commonEnd.judge(error, (ends) => {
      if (!ends) return goOn();
      this.#endedTogether.add(run);
      run.cancel(commonEndError(name, error));
    });
  }

  /** The end of a run; where its worker ended together with the agent, that is what is told. */
  async #judged(run: Run, end: RunEnd): Promise<RunEnd> {
    if (end.ok || end.own || this.#endedTogether.has(run)) return end;
    const { commonEnd, name } = this.#options;
    const ends = await new Promise<boolean>((resolve) => commonEnd.judge(end.error, resolve));
    if (!ends) return end;
    this.#endedTogether.add(run);
    return { ...end, error: commonEndError(name, end.error) };
  }

  #runsOf(ids: readonly string[]): Run[] {
    const wanted = new Set(ids);
    return [...this.#runs].filter(({ job }) => wanted.has(job.id));
  }

  /** The pieces of an order that lie in the store; nothing when one is missing. */
  async #fetch(order: Order, claims: readonly Claim[]): Promise<Map<string, Uint8Array> | undefined> {
    const { cache, store } = this.#options;
    const fetched = new Map<string, Uint8Array>();
    for (const claim of claims) {
      const bytes = await cache.get(claim, () => store.get(order.shelf, claim));
      if (bytes === undefined) return undefined;
      fetched.set(claim[0], bytes);
    }
    return fetched;
  }

  async #keptAnswer(job: AgentJob, order: Order): Promise<Letter | undefined> {
    const { store, sealer, clock } = this.#options;
    // The agent that lost it may be about to write its answer; where it may run again, that is not worth a wait.
    const tries = job.starts - 1 > order.retries ? SALVAGE_TRIES : 1;
    for (let left = tries; left > 0; left--) {
      const letter = await store.keptAnswer(answerName(order));
      if (letter !== undefined && openOutcome(sealer, job.id, letter) !== undefined) return letter as Letter;
      if (left > 1) await pause(clock, SALVAGE_WAIT_MS);
    }
  }

  async #refuse(job: AgentJob, order: Order, reason: RefusalReason, detail: string): Promise<JobEnd> {
    return await this.#answer(order, { kind: "refused", reason, detail, starts: job.starts - 1 });
  }

  /** Few travel inside, more lie in the store. Without them rather than with an answer that is late. */
  async #packSpans({ id }: Order, spans: readonly SpanReport[]): Promise<Parcel | undefined> {
    if (spans.length === 0) return undefined;
    const { parcel, pieces } = pack(encode(spans), TRACED_INLINE_BYTES);
    if (pieces.length === 0) return parcel;
    return await this.#options.store.put(resultShelf(id), pieces).then(() => parcel, () => undefined);
  }

  async #answer(order: Order, end: Answerable, traced: Pick<Outcome, "durationMs" | "traced"> = {}): Promise<JobEnd> {
    const { sealer, name, store } = this.#options;
    const shelf = resultShelf(order.id);
    let body: OutcomeBody;
    if (end.kind === "value" || end.kind === "error") {
      const { parcel, pieces } = pack(
        end.kind === "value" ? encode(end.value) : end.value as Encoded,
        OUTCOME_INLINE_BYTES - (traced.traced === undefined ? 0 : TRACED_INLINE_BYTES),
      );
      if (pieces.length > 0) await this.#untilTaken(() => store.put(shelf, pieces), REFUSAL_LIMIT_MS);
      body = end.kind === "value" ? { kind: "value", value: parcel } : { kind: "error", own: end.own, value: parcel };
    } else body = end;
    const letter = sealOutcome(sealer, { ...body, ...traced, id: order.id, agent: name, shelf });
    // Of a task that was given back, the next agent needs no answer: it is to run it.
    if (body.kind !== "refused") this.#unrecorded.set(order.id, { name: answerName(order), letter });
    return { do: "answer", letter };
  }

  /** Asks again while the server refuses for what may go: one that is short of memory may have room when others have taken their results. */
  async #untilTaken(ask: () => Promise<void>, limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + limitMs;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isRefusedForNow(error) || this.#stopping || clock.now() >= until) throw error;
      }
      await pause(clock, REFUSED_AGAIN_MS);
    }
  }
}

/** The name under which the answer to an order is kept. A run's jobs have the same ids again when it is called again, also for other code. */
function answerName({ id, client, expires }: Order): string {
  return `${id}:${client}:${expires}`;
}

/** Where the results of a job lie. */
function resultShelf(jobId: string): string {
  return `result-${jobId}`;
}

type Encoded = ReturnType<typeof encode>;
type Answerable =
  | Exclude<OutcomeBody, { readonly value: unknown }>
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly own: boolean; readonly value: Encoded };
