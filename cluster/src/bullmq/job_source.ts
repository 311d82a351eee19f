import { type Job, type Queue, UnrecoverableError, WaitingError, type Worker } from "bullmq";
import type { Letter } from "../message/letter.ts";
import { queueName } from "../names.ts";
import type { EngineConnection } from "./engine.ts";
import { isRefusedForNow } from "./refused_now.ts";
import { within } from "../clock.ts";

const CLOSE_LIMIT_MS = 2000;
/** BullMQ's own limit fails a job without asking what its order allows: out of reach, the agent judges. */
const NEVER = 1_000_000_000;
const RETRY_DELAY_MS = 1000;
/** Shorter than the next agent waits for an answer of a job that was lost: this one may be about to keep it. */
const REFUSED_AGAIN_MS = 200;
/** So few that the server does not keep others waiting. */
const CLEANED_AT_ONCE = 1000;
/** BullMQ's codes for an answer that came after the lock was lost: no lock, not active, another's lock. */
const LOCK_LOST = [-2, -3, -6];
/** And for one of a job that is gone, as from a server that has lost its data. */
const JOB_GONE = -1;
const JOB_IN_MESSAGE = /\bjob (\S+?)(?=\. | is not in )/i;

/** A job that this agent has. */
export interface AgentJob {
  readonly id: string;
  /** What it holds: an order, if nobody tampered with it. */
  readonly data: unknown;
  /** How often an agent got it, this time included, or tried it again by itself. */
  readonly starts: number;
  /** Notes that it is tried again here, so that it counts also where this agent is lost. */
  startsAgain(): Promise<void>;
  /** Shows progress. */
  progress(letter: Letter): Promise<void>;
  /** Adds a row to what dashboards show, and keeps the last so many. */
  log(text: string, rows: number): Promise<void>;
}

/** What is to become of a job. */
export type JobEnd =
  | { readonly do: "answer"; readonly letter: Letter }
  /** It is not run by anybody; the text is all that can be said without a common secret. */
  | { readonly do: "fail"; readonly text: string }
  /** Another agent is to run it. */
  | { readonly do: "giveBack" };

/** Who runs jobs. */
export interface JobRunner {
  /** Runs one. Never rejects. */
  run(job: AgentJob): Promise<JobEnd>;
  /** Jobs whose locks are lost: somebody else may have them. */
  lost(ids: readonly string[]): void;
  /** An answer was written down. */
  recorded(id: string): void;
  /** An answer was refused, because the lock was lost. */
  refused(id: string): void;
}

/** What a source is made of. */
export interface JobSourceOptions {
  readonly connection: EngineConnection;
  readonly group: string;
  readonly code: string;
  /** The agent's name. */
  readonly name: string;
  readonly lanes: number;
  /** How long a job is this agent's without a sign of life. */
  readonly lockMs: number;
  readonly runner: JobRunner;
  readonly onError: (error: Error) => void;
  /** The server refuses to have an answer written down, or takes answers again. */
  readonly onRefusing: (refusal: Error | undefined) => void;
}

/** Where an agent's jobs come from: a BullMQ worker, which is replaced when it no longer fetches. */
export class JobSource {
  readonly #options: JobSourceOptions;
  readonly #queue: Queue;
  #worker: Worker;
  #lastFetch = performance.now();
  #jobs: number;
  #running = 0;
  #ending = false;
  #refusing = false;
  /** Resolves when it closes: what waits to write again stops then. */
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;
  /** The last look for a job found none. */
  #drained = true;

  /** Starts to fetch jobs. */
  constructor(options: JobSourceOptions) {
    this.#options = options;
    this.#jobs = options.lanes;
    this.#queue = options.connection.openQueue(queueName(options.group, options.code));
    this.#queue.on("error", options.onError);
    this.#worker = this.#open();
  }

  /** Milliseconds since it last got a job. */
  get idleMs(): number {
    return performance.now() - this.#lastFetch;
  }

  /** Says how many jobs to have at once. */
  takeAtOnce(jobs: number): void {
    this.#jobs = jobs;
    this.#allowMore();
  }

  /** How many jobs wait for an agent. */
  async waiting(): Promise<number> {
    const { waiting = 0, prioritized = 0 } = await this.#queue.getJobCounts("waiting", "prioritized");
    return waiting + prioritized;
  }

  /** Takes away outcomes that nobody took for so long, by the server's clock: this machine's may have been set since it started. */
  async clean(ageMs: number): Promise<void> {
    const ownAheadMs = Math.round(Date.now() - await this.#options.connection.serverTimeMs());
    for (const state of ["completed", "failed"] as const) {
      let taken: readonly string[];
      do taken = await this.#queue.clean(ageMs + ownAheadMs, CLEANED_AT_ONCE, state); while (
        taken.length === CLEANED_AT_ONCE && !this.#ending
      );
    }
  }

  /** Fetches by a new worker: one that had no job for long while jobs wait may have lost its way. */
  async restart(): Promise<void> {
    if (this.#ending) return;
    await within(CLOSE_LIMIT_MS, this.#worker.close(true));
    // It may have been told to end meanwhile, and is to fetch no more.
    if (this.#ending) return;
    this.#lastFetch = performance.now();
    this.#worker = this.#open();
  }

  /** Fetches no more. Resolves when what runs has ended; waits for ever while the connection is away. */
  async drain(): Promise<void> {
    this.#ending = true;
    await this.#worker.close();
  }

  /** Ends it now, within a few seconds. */
  async close(): Promise<void> {
    this.#ending = true;
    this.#closed = true;
    this.#closing.resolve();
    await within(CLOSE_LIMIT_MS, Promise.all([this.#worker.close(true), this.#queue.close()]));
  }

  #open(): Worker {
    const { connection, name, lockMs, runner, onError } = this.#options;
    const worker = connection.openWorker(this.#queue.name, (job, token) => this.#process(job, token), {
      name,
      concurrency: 1,
      lockDuration: lockMs,
      stalledInterval: Math.max(1, Math.floor(lockMs / 2)),
      maxStalledCount: NEVER,
      runRetryDelay: RETRY_DELAY_MS,
      drainDelay: 5,
    });
    worker.on("error", (error) => {
      // The only sign of an answer that was refused.
      const { code = 0 } = error as { code?: number };
      const jobId = JOB_IN_MESSAGE.exec(error.message)?.[1];
      if (jobId && LOCK_LOST.includes(code)) runner.refused(jobId);
      // Nobody gets that job any more, so that the answer need not be kept.
      else if (jobId && code === JOB_GONE) runner.recorded(jobId);
      else onError(error);
    });
    worker.on("drained", () => {
      this.#drained = true;
      this.#allowMore();
    });
    worker.on("completed", (job) => runner.recorded(job.id!));
    worker.on("lockRenewalFailed", (ids) => runner.lost(ids));
    return worker;
  }

  /**
   * While there is nothing to do, one job is waited for and no more: BullMQ would look for a second before it starts the first, a round
   * trip that a caller who awaits one call after another would wait for each time.
   */
  #allowMore(): void {
    this.#worker.concurrency = this.#drained && this.#running === 0 ? 1 : this.#jobs;
  }

  async #process(job: Job, token: string | undefined): Promise<Letter> {
    this.#keepWriting(job);
    this.#lastFetch = performance.now();
    this.#running++;
    this.#drained = false;
    this.#allowMore();
    let end: JobEnd;
    try {
      end = await this.#options.runner.run(this.#agentJob(job));
    } finally {
      this.#running--;
      this.#allowMore();
    }
    this.#lastFetch = performance.now();
    if (end.do === "answer") return end.letter;
    if (end.do === "fail") throw new UnrecoverableError(end.text);
    await this.#untilWritten(() => job.moveToWait(token));
    throw new WaitingError();
  }

  /** BullMQ would drop an answer that the server refuses once, and the job with it: its agent would be taken for lost. */
  #keepWriting(job: Job): void {
    const { moveToCompleted, moveToFailed } = job;
    job.moveToCompleted = (...args) => this.#untilWritten(() => moveToCompleted.apply(job, args));
    job.moveToFailed = (...args) => this.#untilWritten(() => moveToFailed.apply(job, args));
  }

  /** Writes again while the server refuses for what may go. A lock that is lost meanwhile ends it: then the answer is kept for the next agent. */
  async #untilWritten<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const written = await write();
        if (this.#refusing) this.#options.onRefusing(undefined);
        this.#refusing = false;
        return written;
      } catch (error) {
        if (!isRefusedForNow(error) || this.#closed) throw error;
        if (!this.#refusing) this.#options.onRefusing(error as Error);
        this.#refusing = true;
        await within(REFUSED_AGAIN_MS, this.#closing.promise);
      }
    }
  }

  #agentJob(job: Job): AgentJob {
    return {
      id: job.id!,
      data: job.data,
      get starts() {
        return job.attemptsStarted + startsWithin(job);
      },
      // Beside the letter: what is signed stays as it is.
      startsAgain: async () => await job.updateData({ ...job.data, w: startsWithin(job) + 1 }),
      progress: async (letter) => await job.updateProgress(letter as unknown as object),
      log: async (text, rows) => void await this.#queue.addJobLog(job.id!, text, rows),
    };
  }
}

/** How often agents have tried a job again by themselves. */
function startsWithin({ data }: Job): number {
  const { w } = Object(data) as { w?: unknown };
  return Number.isSafeInteger(w) ? Math.max(0, w as number) : 0;
}
