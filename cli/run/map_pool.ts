import { type Dashboard, PermissionError, Pool, type PoolEvent } from "@corral/multiprocessing/pool";
import type { Piece, Standstills } from "../runner/protocol.ts";
import type { BlockCall, BlockPool } from "./block_pool.ts";
import { LinePrinter } from "@corral/multiprocessing/progress/parts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { UsageError } from "../errors/usage_error.ts";
import type { EventStream } from "../observers/event_stream.ts";
import { poolOptions } from "../options/pool_options.ts";
import { withPlacesInPrints } from "../runner/inline_text.ts";
import { type RunnerFunction, runnerFunctions } from "./runner_function.ts";

/** Workers of this machine: a pool, its events, and one call for each block. */
export class MapPool implements BlockPool {
  readonly capacity: number;
  readonly isRemote = false;
  readonly #pool: Pool;
  readonly #run: RunnerFunction;
  readonly #events: EventStream;
  readonly #pids = new Map<number, number>();
  readonly #printers = new Map<string, LinePrinter>();
  /** When what was printed last has been taken. */
  #taken: Promise<void> | undefined;

  /** Workers ask `standstills` about records that took too long. Throws UsageError, or PermissionError, for what a pool cannot be made of. */
  constructor(options: CliMapOptions, events: EventStream, standstills?: Standstills) {
    this.capacity = options.jobs;
    this.#events = events;
    const { begin, run } = runnerFunctions(options);
    this.#run = run;
    try {
      this.#pool = new Pool({
        ...poolOptions(options),
        initializer: begin,
        initArgs: standstills === undefined ? [] : [standstills],
        onEvent: (event) => this.#tell(event),
      });
    } catch (error) {
      if (error instanceof PermissionError) throw error;
      throw new UsageError((error as Error).message, { cause: error });
    }
  }

  get hasWorker(): boolean {
    return this.#pool.workers.some(({ state }) => state === "idle" || state === "busy");
  }

  async run({ payload, order, signal, onPiece }: BlockCall): Promise<Piece> {
    return await this.#pool.apply(this.#run, [payload, order], { signal, onProgress: onPiece });
  }

  async start(): Promise<void> {
    await this.#pool.ready();
  }

  serveDashboard(port: number): Promise<Dashboard> {
    return this.#pool.serveDashboard({ port, items: "Records" });
  }

  pidOf(slot: number): number {
    return this.#pids.get(slot) ?? 0;
  }

  terminate(): void {
    this.#pool.terminate();
  }

  async close(): Promise<void> {
    this.#pool.close();
    await this.#pool.join();
    for (const printer of this.#printers.values()) printer.flush();
  }

  #tell(event: PoolEvent): Promise<void> | void {
    switch (event.type) {
      case "spawn":
        this.#pids.set(event.workerId, event.pid);
        return this.#tellWorker(event, "spawn");
      case "ready":
        return this.#tellWorker(event, "ready");
      case "exit":
        this.#flushPrinters(event.workerId);
        this.#events.emit({
          type: "worker",
          at: Date.now(),
          slot: event.workerId,
          pid: event.pid,
          state: "exit",
          exitCode: event.exitCode,
          signal: event.signal,
        });
        return;
      case "idle":
        return this.#flushPrinters(event.workerId);
      case "taskEnd":
        if (event.workerId !== undefined) this.#flushPrinters(event.workerId);
        return;
      case "output":
        this.#taken = undefined;
        this.#printerOf(event.workerId, event.stream).print(event.bytes);
        // A worker that prints faster than stderr is read has to wait.
        return this.#taken;
    }
  }

  #tellWorker({ workerId, pid }: { workerId: number; pid: number }, state: "spawn" | "ready"): void {
    this.#events.emit({ type: "worker", at: Date.now(), slot: workerId, pid, state });
  }

  #printerOf(slot: number, stream: string): LinePrinter {
    const key = `${slot} ${stream}`;
    let printer = this.#printers.get(key);
    if (printer === undefined) {
      const decoder = new TextDecoder();
      printer = new LinePrinter((bytes) => {
        const text = withPlacesInPrints(decoder.decode(bytes, { stream: true }));
        this.#taken = this.#events.emit({ type: "print", at: Date.now(), slot, text });
      });
      this.#printers.set(key, printer);
    }
    return printer;
  }

  #flushPrinters(slot: number): void {
    for (const stream of ["stdout", "stderr"]) this.#printers.get(`${slot} ${stream}`)?.flush();
  }
}
