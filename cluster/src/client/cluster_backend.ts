import type { Broker, BrokerListener, KnownAgent } from "../broker.ts";
import { type Clock, OwnedClock } from "../clock.ts";
import type {
  BackendAbilities,
  BackendSettings,
  ChunkGoal,
  Completion,
  TaskBackend,
  TaskHandle,
  TaskRequest,
  WorkerInfo,
} from "../corral.ts";
import { type Sealer, sha256 } from "../message/letter.ts";
import { largestPieceBytes } from "../message/parcel.ts";
import { Books } from "./books.ts";
import { Entry } from "./entry.ts";
import { endedError, noAgentError, runIdError, tooLargeError } from "./faults.ts";
import { Lanes } from "./lanes.ts";
import { readProgress } from "./progress_reader.ts";
import { openWay, type Way } from "./way.ts";

/** Chunks of this length hide what a message through the server costs, some three milliseconds of processor for all involved. */
const CHUNK_GOAL: ChunkGoal = { ms: 50, bytes: 256 * 1024 };
const CHUNKS_AHEAD_PER_LANE = 4;
const LEAST_BACKLOG = 8;
/** Redis ends a connection on which a larger value comes, and PostgreSQL takes little more. */
const MOST_PIECE_BYTES = 512 * 1024 * 1024;
const TERMINATE_LIMIT_MS = 5000;
const FLUSH_LIMIT_MS = 5;

/** What a backend works with. */
export interface ClusterBackendOptions {
  readonly settings: BackendSettings;
  readonly clientId: string;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** Names the next job. */
  readonly nextJobId: () => string;
  readonly shelfName: string;
  readonly agentTimeoutMs: number;
  readonly leaseMs: number;
  readonly resultTtlMs: number;
  /** Opens the way to the agents that have the code. Rejects when there can be none. */
  readonly open: (listener: BrokerListener) => Promise<{ readonly broker: Broker; readonly code: string }>;
  /** Called when the backend has ended. */
  readonly onEnd: () => void;
}

/** Runs the requests of one pool on agents elsewhere. */
export class ClusterBackend implements TaskBackend {
  readonly abilities: BackendAbilities = { handles: false, keys: false, runIds: true, progress: "latest" };
  readonly chunkGoal: ChunkGoal = CHUNK_GOAL;
  readonly ended: Promise<void>;
  readonly #options: ClusterBackendOptions;
  readonly #clock: OwnedClock;
  readonly #books = new Books(() => this.#finishIfIdle());
  readonly #lanes = new Lanes();
  readonly #end = Promise.withResolvers<void>();
  readonly #opened: Promise<Way>;
  readonly #flushes = new Set<() => void>();
  #way: Way | undefined;
  #broken: Error | undefined;
  #lastId = 0;
  #closed = false;
  #finishing = false;

  constructor(options: ClusterBackendOptions) {
    this.#options = options;
    this.#clock = new OwnedClock(options.clock);
    this.ended = this.#end.promise;
    this.#opened = this.#openWay();
    this.#opened.catch((error) => this.#break(error));
  }

  get capacity(): number {
    return this.#lanes.count;
  }

  get backlog(): number {
    return Math.max(LEAST_BACKLOG, CHUNKS_AHEAD_PER_LANE * this.#lanes.count);
  }

  get broken(): Error | undefined {
    return this.#broken;
  }

  submit(request: TaskRequest, completion: Completion): TaskHandle {
    const id = ++this.#lastId;
    const entry = new Entry(id, this.#jobIdOf(request), request, completion);
    const refusal = this.#refusalOf(entry);
    if (refusal !== undefined) {
      entry.state = "ended";
      queueMicrotask(() => completion.reject(refusal, "worker"));
      return entry;
    }
    this.#books.add(entry);
    this.#way?.sender.pump();
    this.#way?.sweeper.wake();
    return entry;
  }

  cancel(task: TaskHandle, reason: unknown): void {
    const entry = task as Entry;
    if (entry.state === "ended") return;
    if (entry.state === "sent" || entry.state === "begun") this.#way?.pursuit.add(entry.jobId);
    this.#books.take(entry)?.reject(reason, "cancelled");
    this.#way?.sweeper.wake();
  }

  hasBegun(task: TaskHandle): boolean {
    return (task as Entry).state === "begun";
  }

  isSent(task: TaskHandle): boolean {
    return (task as Entry).state === "sent" || this.hasBegun(task);
  }

  async flushed(): Promise<void> {
    await undefined;
    if (this.#finishing || this.#way?.sender.isBusy !== true) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.after(FLUSH_LIMIT_MS, resolve);
    this.#flushes.add(resolve);
    await promise;
    timer.cancel();
    this.#flushes.delete(resolve);
  }

  async ready(): Promise<void> {
    const { sweeper, code, broker } = await this.#opened;
    const { agentTimeoutMs } = this.#options;
    if (await sweeper.untilServed(agentTimeoutMs)) return;
    if (this.#finishing) throw this.#broken ?? endedError();
    throw noAgentError(code, await broker.agents(), agentTimeoutMs, false);
  }

  close(): void {
    this.#closed = true;
    this.#finishIfIdle();
  }

  terminate(error: () => Error): void {
    this.#closed = true;
    for (const entry of [...this.#books.all]) this.cancel(entry, error());
    // To "kill" takes as long: a task that nobody stops would hold its lane until this program's lease has lapsed, for a minute.
    this.#way?.sweeper.hurry(TERMINATE_LIMIT_MS, () => void this.#finish());
    this.#finishIfIdle();
  }

  /** Terminates, and refuses what is submitted afterwards: the connection goes. */
  shutDown(error: () => Error): void {
    this.terminate(error);
    this.#broken ??= error();
  }

  workers(): WorkerInfo[] {
    return this.#lanes.workers(this.#books.all);
  }

  #jobIdOf(request: TaskRequest): string {
    if (request.runId === undefined) return this.#options.nextJobId();
    const { text, tagged, parts } = request.payload;
    const digest = sha256(
      [JSON.stringify(request.function), JSON.stringify(request.chunk), tagged, text, ...parts.map(sha256)].join("\n"),
    );
    return `run-${request.runId}-${digest.slice(0, 16)}`;
  }

  #refusalOf({ request, jobId }: Entry): Error | undefined {
    if (this.#broken !== undefined) return this.#broken;
    const largest = largestPieceBytes(request.payload);
    if (largest > MOST_PIECE_BYTES) return tooLargeError(largest, MOST_PIECE_BYTES);
    const run = request.runId === undefined ? undefined : runOf(request.runId);
    if (run !== undefined && !/^[A-Za-z0-9._-]{1,100}$/.test(run)) return runIdError(run);
    if (this.#books.get(jobId) === undefined) return undefined;
    return new TypeError(
      `Cannot submit: a task of run ${JSON.stringify(run)} with the same input is open, wait for it`,
    );
  }

  async #openWay(): Promise<Way> {
    const clock = this.#clock;
    const { broker, code } = await this.#options.open(this.#listener());
    // It may have ended meanwhile: nothing had left, so that nothing was to be waited for.
    if (this.#finishing) {
      await broker.close();
      throw endedError();
    }
    const way = this.#way = openWay({
      ...this.#options,
      broker,
      code,
      clock,
      books: this.#books,
      lanes: this.#lanes,
      onRest: () => this.#finishIfIdle(),
      onNoAgent: (agents) => this.#rejectAll(code, agents),
    });
    way.sweeper.wake();
    way.sender.pump();
    return way;
  }

  #listener(): BrokerListener {
    return {
      active: (id, agent) => this.#way?.outcomes.begun(id, agent),
      stalled: (id) => this.#way?.outcomes.stalled(id),
      finished: (id, letter) => void this.#way?.outcomes.finished(id, letter),
      progress: (id, letter) => {
        const entry = this.#books.get(id);
        if (entry !== undefined) {
          readProgress(this.#options.sealer, id, letter, (value) => entry.completion.progress(value));
        }
      },
      connection: (up, error) => {
        this.#options.settings.workers.connection?.(up, error);
        if (up) this.#way?.sweeper.wakeNow();
      },
    };
  }

  #rejectAll(code: string, agents: readonly KnownAgent[]): void {
    for (const entry of [...this.#books.all]) {
      if (entry.isFinishing) continue;
      const error = noAgentError(code, agents, this.#options.agentTimeoutMs, entry.mayHaveStarted);
      if (entry.state === "sent" || entry.state === "begun") { if (!entry.isKept) this.#way!.pursuit.add(entry.jobId); }
      this.#books.take(entry)?.reject(error, "worker");
    }
  }

  #break(error: Error): void {
    this.#broken = error;
    for (const entry of [...this.#books.all]) this.#books.take(entry)?.reject(error, "worker");
    this.#closed = true;
    this.#finishIfIdle();
  }

  #finishIfIdle(): void {
    if (!this.#closed || this.#books.size > 0) return;
    // An order that is being written must be out before it can be pursued.
    if (this.#way !== undefined && (this.#way.pursuit.size > 0 || this.#way.sender.isBusy)) return;
    void this.#finish();
  }

  async #finish(): Promise<void> {
    if (this.#finishing) return;
    this.#finishing = true;
    const way = this.#way;
    if (way !== undefined) {
      way.sender.stop();
      way.sweeper.stop();
      await way.acknowledger.flush();
      way.shelf.clear().catch(() => {});
      await way.broker.close();
    }
    this.#clock.stop();
    for (const resolve of this.#flushes) resolve();
    this.#options.onEnd();
    this.#end.resolve();
  }
}

/** What the caller has named: behind it, pools put the place of each chunk, which is not to count against the name. */
function runOf(runId: string): string {
  return runId.replace(/-\d+$/, "");
}
