import { type Dashboard, Pool, WorkerExitError } from "@corral/multiprocessing/pool";
import type { EventStream } from "../observers/event_stream.ts";
import type { CliMapOptions, ClusterChoice } from "../options/cli_map_options.ts";
import type { BlockCall, BlockPool } from "../run/block_pool.ts";
import { runnerSettings } from "../run/runner_function.ts";
import type { Piece, RemoteJob } from "../runner/protocol.ts";
import { AGENT_RETRIES, type BlockPlace, isReport, SERVED_FUNCTION } from "./block_report.ts";
import { openCluster, type OpenedCluster } from "./open_cluster.ts";
import { Slots } from "./slots.ts";

/** How often the agents are counted. */
const COUNT_MS = 1000;

/** Workers of other machines: blocks become orders, and what their agents report becomes pieces again. */
export class ClusterPool implements BlockPool {
  readonly isRemote = true;
  readonly #cluster: OpenedCluster["cluster"];
  readonly #pool: Pool;
  readonly #job: string;
  readonly #slots: Slots;
  #capacity: number;
  #counting: ReturnType<typeof setInterval> | undefined;

  private constructor({ cluster, module, lanes }: OpenedCluster, options: CliMapOptions, events: EventStream) {
    this.#cluster = cluster;
    this.#capacity = Math.max(1, lanes);
    this.#slots = new Slots(events);
    this.#job = JSON.stringify(remoteJob(options));
    this.#pool = new Pool({ backend: cluster, module, name: "corral map" });
  }

  /** Reaches the cluster. Rejects when that is not possible. */
  static async open(options: CliMapOptions, choice: ClusterChoice, events: EventStream): Promise<ClusterPool> {
    const opened = await openCluster(options, choice);
    if (opened.lanes === 0) {
      const text = `corral: no agent serves this function yet; on a machine that is to work: ${opened.advice}\n`;
      events.emit({ type: "print", at: Date.now(), text });
    }
    return new ClusterPool(opened, options, events);
  }

  get capacity(): number {
    return this.#capacity;
  }

  get hasWorker(): boolean {
    return this.#pool.workers.length > 0;
  }

  async start(): Promise<void> {
    await this.#pool.ready();
    // A function that cannot be called is to be told at once, and of an empty input as well.
    await this.#pool.apply(SERVED_FUNCTION, [this.#job], { retries: AGENT_RETRIES });
    this.#count();
    this.#counting = setInterval(() => this.#count(), COUNT_MS);
  }

  async run({ payload, order, isUnit, signal, onPiece }: BlockCall): Promise<Piece> {
    const report = await this.#pool.apply(SERVED_FUNCTION, [this.#job, payload, order], {
      signal,
      retries: isUnit ? AGENT_RETRIES : 0,
      onProgress: (value) =>
        void (isReport(value) && value.piece !== null && onPiece(this.#placed(value, value.piece))),
    });
    if (!isReport(report)) throw new TypeError("Cannot use what an agent sent: it is not the report of a block");
    const { piece, printed, loss } = report;
    this.#slots.print(report, piece, printed);
    // What the process itself wrote is with the agent; its end is here.
    if (loss?.error instanceof WorkerExitError) {
      this.#slots.print(report, piece, new TextEncoder().encode(loss.error.stderrTail));
    }
    const placed = piece === null ? undefined : this.#placed(report, piece);
    if (loss === null) return placed!;
    if (placed !== undefined) onPiece(placed, loss.ageMs);
    throw loss.error;
  }

  serveDashboard(port: number): Promise<Dashboard> {
    return this.#pool.serveDashboard({ port, items: "Records" });
  }

  pidOf(slot: number): number {
    return this.#slots.pidOf(slot);
  }

  terminate(): void {
    this.#pool.terminate();
  }

  async close(): Promise<void> {
    clearInterval(this.#counting);
    this.#pool.close();
    await this.#pool.join();
    await this.#cluster[Symbol.asyncDispose]();
  }

  #placed(place: BlockPlace, [workerId, ...rest]: Piece): Piece {
    return [this.#slots.slotOf(place, workerId), ...rest];
  }

  /** Where all agents are gone, one block finds out whether others come. */
  #count(): void {
    this.#capacity = Math.max(1, this.#pool.workers.length);
  }
}

/** What agents are told of a run. */
function remoteJob(options: CliMapOptions): RemoteJob {
  return {
    export: options.export,
    source: options.source ?? null,
    initializer: options.initializer ?? null,
    settings: runnerSettings(options),
  };
}
