import type { EngineAddress } from "../bullmq/address.ts";
import type { EngineConnection } from "../bullmq/engine.ts";
import { memberId } from "../bullmq/group_link.ts";
import { JobSource } from "../bullmq/job_source.ts";
import { openEngine } from "../bullmq/open_engine.ts";
import { systemClock, within } from "../clock.ts";
import { type TaskBackend, VERSION, WorkerExitError } from "../corral.ts";
import type { Sealer } from "../message/letter.ts";
import { presenceText } from "../message/presence.ts";
import type { TaskOutput } from "./host.ts";
import { CommonEnd } from "./common_end.ts";
import { CodeWatch, type LocalCode } from "./code_watch.ts";
import { Fitness } from "./fitness.ts";
import { KnownClients } from "./known_clients.ts";
import { OrderRunner } from "./order_runner.ts";
import { PieceCache } from "./piece_cache.ts";
import { Prefetch } from "./prefetch.ts";
import { Rounds } from "./rounds.ts";

const CACHE_BYTES = 256 * 1024 * 1024;
const ROUND_MS = 5000;
const WATCHDOG_MS = 15_000;
const CLEAN_MS = 60_000;
/** How long after its client went a task may run on. */
const GRACE_AFTER_CLIENT_MS = 60_000;
const END_LIMIT_MS = 3000;

/** What an agent is made of. */
export interface AgentOptions {
  readonly name: string;
  readonly address: EngineAddress;
  readonly group: string;
  readonly sealer: Sealer;
  /** The name of the code that it serves. */
  readonly code: string;
  /** The files behind that name, to be looked at before a new worker's results count; without, the name is the operator's word. */
  readonly local?: { readonly code: LocalCode; readonly read: () => Promise<LocalCode> };
  readonly lanes: number;
  readonly lockMs: number;
  readonly leaseMs: number;
  readonly drainMs: number;
  readonly resultTtlMs: number;
  readonly aofCheck: boolean;
  readonly connectTimeoutMs: number;
  /** Makes the workers' backend; what they print goes to `onOutput`. */
  readonly openBackend: (onOutput: TaskOutput) => TaskBackend;
  /** Told what an operator should read. */
  readonly note: (text: string) => void;
}

/** Runs the orders of a group on this machine's workers, until it is told to drain. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #id = memberId("a");
  readonly #backend: TaskBackend;
  readonly #unfit = Promise.withResolvers<string>();
  #connection: EngineConnection | undefined;
  #runner: OrderRunner | undefined;
  #source: JobSource | undefined;
  #clients: KnownClients | undefined;
  #rounds: Rounds | undefined;
  #lastClean = 0;
  #ending: Promise<void> | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#backend = options.openBackend((taskId, bytes) => this.#printed(taskId, bytes));
  }

  /** Resolves, with the reason, when it can run no task any more: it gives back what comes, and is to be drained. */
  get unfit(): Promise<string> {
    return this.#unfit.promise;
  }

  /** Starts its workers, checks the server, and takes tasks. Rejects when it cannot serve. */
  async start(): Promise<void> {
    const { sealer, name, lanes, code, group, lockMs, leaseMs, local, note } = this.#options;
    await this.#backend.ready();
    this.#requireWanted();
    this.#connection = this.#openConnection();
    const { link, clockOffsetMs } = await this.#connection.checked();
    this.#clients = new KnownClients((id) => link.isAlive(id), systemClock, leaseMs / 3);
    const prefetch = new Prefetch(lanes, (jobs) => this.#source?.takeAtOnce(jobs));
    this.#runner = new OrderRunner({
      name,
      backend: this.#backend,
      sealer,
      store: this.#connection.store,
      clients: this.#clients,
      cache: new PieceCache(CACHE_BYTES),
      clock: systemClock,
      clockOffsetMs,
      commonEnd: new CommonEnd(this.#backend, systemClock, () => this.#ending !== undefined),
      fitness: new Fitness(
        this.#backend,
        local && new CodeWatch(this.#backend, local.code, local.read),
        (reason) => this.#unfit.resolve(reason),
      ),
      onRan: (ms) => prefetch.ran(ms),
    });
    await link.onCancel((letter) => this.#cancelled(letter));
    this.#requireWanted();
    this.#source = new JobSource({
      connection: this.#connection,
      group,
      code,
      name,
      lanes,
      lockMs,
      runner: this.#runner,
      onError: () => {},
      onRefusing: (refusal) =>
        note(
          refusal === undefined ? "The server takes answers again" : `The server refuses answers: ${refusal.message}`,
        ),
    });
    this.#rounds = new Rounds(systemClock, ROUND_MS, () => this.#round());
  }

  /**
   * Takes no more tasks, and ends when those that run have ended, or after the time to drain: then they are stopped. Ends in time also when
   * the server is away.
   */
  drain(): Promise<void> {
    return this.#ending ??= this.#end(this.#options.drainMs);
  }

  /** The same, but those that run are stopped at once. */
  stop(): Promise<void> {
    this.#runner?.stopAll();
    return this.#ending ??= this.#end(0);
  }

  /** Nothing is opened for one that was told to end while it started. */
  #requireWanted(): void {
    if (this.#ending !== undefined) throw new Error("The agent was told to end");
  }

  #openConnection(): EngineConnection {
    const { name, lanes, code, address, group, leaseMs } = this.#options;
    const { resultTtlMs, aofCheck, connectTimeoutMs, note } = this.#options;
    return openEngine({
      id: this.#id,
      name: presenceText({ name, lanes, code, corral: VERSION }),
      address,
      group,
      leaseMs,
      storeTtlMs: resultTtlMs,
      aofCheck,
      connectTimeoutMs,
      onChange: (up, error) =>
        note(
          up ? "The server is back" : `The server cannot be used now${error === undefined ? "" : `: ${error.message}`}`,
        ),
    });
  }

  async #end(limitMs: number): Promise<void> {
    this.#rounds?.stop();
    if (this.#source !== undefined) {
      const drained = this.#source.drain();
      if (!await within(limitMs, drained)) {
        const idle = this.#runner!.runs.size === 0;
        this.#runner!.stopAll();
        // Where nothing ran, it is the server that does not answer: there is nothing to be told.
        if (!idle) await within(END_LIMIT_MS, drained);
      }
    }
    this.#backend.terminate(() => new WorkerExitError("The agent ended"), "terminate");
    await Promise.all([this.#source?.close(), this.#connection?.close(), within(END_LIMIT_MS, this.#backend.ended)]);
  }

  #cancelled(letter: unknown): void {
    const text = this.#options.sealer.open("cancel", letter);
    if (text === undefined) return;
    const { ids } = JSON.parse(text) as { ids: string[] };
    this.#runner!.stop(
      ids,
      new DOMException("The task was cancelled by its caller, or by a program with the same runId", "AbortError"),
    );
  }

  #printed(taskId: number, bytes: Uint8Array): void {
    for (const run of this.#runner?.runs ?? []) if (run.taskId === taskId) return run.printed(bytes);
  }

  get #isIdleForLong(): boolean {
    return this.#ending === undefined && this.#runner!.runs.size === 0 &&
      this.#source!.idleMs > Math.max(WATCHDOG_MS, this.#options.lockMs);
  }

  /** Looks after what nobody tells: clients that are gone, a worker that fetches nothing, outcomes that nobody took. */
  async #round(): Promise<void> {
    const { note, resultTtlMs } = this.#options;
    for (const run of this.#runner!.runs) {
      if (run.client === undefined || await this.#clients!.missingMs(run.client) < GRACE_AFTER_CLIENT_MS) continue;
      run.cancel(
        new WorkerExitError("The task was stopped: its client has been gone for a minute", { taskStarted: true }),
      );
    }
    // A server that was away has answered late, and may have given out tasks meanwhile.
    if (this.#isIdleForLong && await this.#source!.waiting() > 0 && this.#isIdleForLong) {
      note("Tasks wait and none came: fetching again");
      await this.#source!.restart();
    }
    if (performance.now() - this.#lastClean > CLEAN_MS) {
      this.#lastClean = performance.now();
      await this.#source!.clean(resultTtlMs);
    }
  }
}
