import { Inputs } from "../input/inputs.ts";
import { exitCode } from "./exit_code.ts";
import { Interrupts } from "./interrupts.ts";
import type { JoblogSession } from "../joblog/joblog_session.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { openObservers } from "../observers/mod.ts";
import { Committer } from "../output/committer.ts";
import { RejectFile, RejectPrinter, type RejectWriter } from "../output/rejects.ts";
import { type ResultFormat, resultFormat } from "../output/result_format.ts";
import { FileSink, type ResultSink, StdoutSink } from "../output/result_sink.ts";
import { EventStream } from "../observers/event_stream.ts";
import { MapRun } from "../run/map_run.ts";
import { MapPool } from "../run/map_pool.ts";
import type { EndReason } from "../records/run_events.ts";
import { summaryOf } from "./summary.ts";

/** Where a run's results, failures and events go. */
interface Outlets {
  readonly events: EventStream;
  readonly sink: ResultSink;
  readonly format: ResultFormat;
  readonly rejects: RejectWriter;
  readonly joblog: JoblogSession | undefined;
}

/** One run of `corral map`, from opening its files to its exit code. */
export class MapSession {
  readonly #options: CliMapOptions;
  readonly #startedAt = Date.now();

  constructor(options: CliMapOptions) {
    this.#options = options;
  }

  /** Runs, and returns the exit code. Throws what makes it impossible to run. */
  async run(): Promise<number> {
    const outlets = await this.#open();
    using inputs = new Inputs(this.#options);
    const { events } = outlets;
    let pool: MapPool | undefined;
    try {
      await this.#tellStart(events, inputs);
      pool = new MapPool(this.#options, events);
      return await this.#work(outlets, inputs, pool);
    } finally {
      pool?.terminate();
      await pool?.close();
      outlets.rejects.close();
      outlets.sink.close();
    }
  }

  async #open(): Promise<Outlets> {
    const options = this.#options;
    const joblog = options.joblog === undefined ? undefined : await openJoblog(options);
    const observers = await openObservers(options);
    const events = new EventStream(joblog === undefined ? observers : [...observers, joblog.writer]);
    const { outputFile, rejects } = options;
    const position = joblog?.outputEnd ?? 0;
    const resumed = outputFile === undefined || position === 0 ? undefined : await beginning(outputFile);
    const sink = outputFile === undefined ? new StdoutSink() : await FileSink.open(outputFile, position);
    return {
      events,
      sink,
      joblog,
      format: await resultFormat(options.output, resumed),
      rejects: rejects === undefined
        ? new RejectPrinter((text) => events.emit({ type: "print", at: Date.now(), text }))
        : await RejectFile.open(rejects, options.resume !== "no"),
    };
  }

  async #tellStart(events: EventStream, inputs: Inputs): Promise<void> {
    const { module, export: name, jobs } = this.#options;
    const totalBytes = await inputs.totalBytes();
    events.emit({
      type: "start",
      version: 1,
      startedAt: this.#startedAt,
      module: module.protocol === "data:" ? "-e" : module.href,
      export: name,
      jobs,
      inputs: inputs.names,
      ...(totalBytes === undefined ? {} : { totalBytes }),
    });
  }

  async #work({ events, sink, format, rejects, joblog }: Outlets, inputs: Inputs, pool: MapPool): Promise<number> {
    const options = this.#options;
    const run: MapRun = new MapRun({
      options,
      inputs: joblog?.filter(inputs, events) ?? inputs,
      pool,
      events,
      committer: () => committer,
      isDetailed: events.wantsRecords || format.needsOutcomes,
    });
    const committer: Committer = new Committer({
      format,
      sink,
      events,
      rejects,
      hash: events.wantsHashes ? (await import("../output/record_hash.ts")).hashOf : undefined,
      isDurable: joblog !== undefined,
      onWritten: () => run.noteWritten(),
      onFailure: (error) => isClosedPipe(error) ? run.kill("output closed") : run.fail(error),
    });
    pool.start().catch((error) => run.fail(error));
    using _interrupts = new Interrupts(run, (text) => events.emit({ type: "print", at: Date.now(), text }));
    const budget = startBudget(options.timeBudgetMs, run);
    let reason: EndReason = "broken";
    try {
      reason = await run.run();
      if (reason !== "output closed") await sink.write(format.end());
      await sink.sync();
    } catch (error) {
      if (!isClosedPipe(error)) throw error;
      reason = "output closed";
    } finally {
      clearTimeout(budget);
      await pool.close();
      await this.#end(reason, events, committer);
    }
    return exitCode(reason, committer.failed);
  }

  async #end(reason: EndReason, events: EventStream, { done, failed, results }: Committer): Promise<void> {
    const at = Date.now();
    events.emit({
      type: "end",
      at,
      reason,
      exitCode: exitCode(reason, failed),
      records: done,
      failed,
      results,
    });
    await events.close();
    const summary = summaryOf(this.#options, { reason, done, failed, results, elapsedMs: at - this.#startedAt });
    if (summary !== "") await Deno.stderr.write(new TextEncoder().encode(summary));
  }
}

async function openJoblog(options: CliMapOptions): Promise<JoblogSession> {
  const { JoblogSession } = await import("../joblog/joblog_session.ts");
  return await JoblogSession.open(options);
}

/** The first bytes of a file that is gone on with: a table's header stands there. */
async function beginning(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(64 * 1024);
  return bytes.subarray(0, await file.read(bytes) ?? 0);
}

function startBudget(budgetMs: number | undefined, run: MapRun): ReturnType<typeof setTimeout> | undefined {
  return budgetMs === undefined ? undefined : setTimeout(() => run.kill("out of time"), budgetMs);
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe;
}
