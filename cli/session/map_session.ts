import type { Dashboard } from "@corral/multiprocessing/pool";
import { Inputs } from "../input/inputs.ts";
import { requireInputs } from "../input/require_inputs.ts";
import { exitCode } from "./exit_code.ts";
import { InputDoubt } from "./input_doubt.ts";
import { Interrupts } from "./interrupts.ts";
import { Patience } from "./patience.ts";
import { openOutlets, type Outlets } from "./outlets.ts";
import type { EarlierRecords } from "../joblog/unfinished_records.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { filesOf, requireForeignStandardFiles } from "../options/distinct_files.ts";
import { Committer } from "../output/committer.ts";
import { RejectPrinter, type RejectWriter } from "../output/reject_printer.ts";
import { StdoutSink } from "../output/result_sink.ts";
import config from "../deno.json" with { type: "json" };
import type { EventStream } from "../observers/event_stream.ts";
import { writeToStderr } from "../observers/progress/mod.ts";
import { MapRun } from "../run/map_run.ts";
import { after } from "../runner/timer.ts";
import type { BlockPool } from "../run/block_pool.ts";
import { MapPool } from "../run/map_pool.ts";
import type { SharedStandstills } from "../run/standstills.ts";
import { type Batch, failuresOf } from "../records/batch.ts";
import type { EndReason } from "../records/run_events.ts";
import { summaryOf } from "./summary.ts";

/** One run of `corral map`, from opening its files to its exit code. */
export class MapSession {
  readonly #options: CliMapOptions;
  readonly #startedAt = Date.now();
  #isOutputLeft = false;
  #page: Dashboard | undefined;

  constructor(options: CliMapOptions) {
    this.#options = options;
  }

  /** Runs, and returns the exit code. Throws what makes it impossible to run. */
  async run(): Promise<number> {
    await requireInputs(this.#options.files);
    const { dashboard } = this.#options;
    if (dashboard !== undefined) (await import("./free_port.ts")).requireFreePort(dashboard);
    const writesFiles = filesOf(this.#options).length > 0;
    if (writesFiles) requireForeignStandardFiles(this.#options);
    const doubt = writesToStdout(this.#options) ? await doubtOfStdout() : undefined;
    using standstills = await this.#shareStandstills();
    const outlets = await openOutlets(this.#options);
    using inputs = new Inputs(this.#options, (text) => print(outlets.events, text));
    const { events } = outlets;
    if (doubt !== undefined) print(events, doubt);
    let pool: BlockPool | undefined;
    let hasBegun = false;
    let isEnded = false;
    try {
      const { cluster } = this.#options;
      // What a cluster needs is loaded by those who use one.
      if (cluster !== undefined) {
        const { ClusterPool } = await import("../cluster/cluster_pool.ts");
        pool = await ClusterPool.open(this.#options, cluster, events);
      }
      // A worker that no record is left for would only delay the others.
      const jobs = pool?.capacity ?? Math.max(1, await inputs.mostRecords(this.#options.jobs));
      await this.#tellStart(events, inputs, jobs);
      pool ??= new MapPool({ ...this.#options, jobs }, events, standstills?.proxy);
      // Here, while workers start: with few permissions it takes as long as they do.
      if (!writesFiles) requireForeignStandardFiles(this.#options);
      if (dashboard !== undefined) {
        this.#page = await pool.serveDashboard(dashboard);
        print(events, `live page: ${this.#page.url}`);
      }
      hasBegun = true;
      const code = await this.#work(outlets, inputs, pool);
      isEnded = true;
      return code;
    } finally {
      pool?.terminate();
      await pool?.close();
      if (!isEnded) await this.#leaveWhole(outlets);
      // A trace ends as its format wants also where nothing was begun. What is wrong with it was told, or is less than what ends the run.
      if (!hasBegun) await events.close().catch(() => {});
      outlets.rejects.close();
      outlets.sink.close();
    }
  }

  /** Only a time limit needs them. Agents keep the time of records themselves. */
  async #shareStandstills(): Promise<SharedStandstills | undefined> {
    const { timeout, cluster } = this.#options;
    if (timeout === undefined || cluster !== undefined) return undefined;
    return await (await import("../run/standstills.ts")).shareStandstills();
  }

  /** A file with results in it ends as its format wants also where a run cannot go on: it may be refused at the first record. */
  async #leaveWhole({ sink, format }: Outlets): Promise<void> {
    if (this.#options.outputFile === undefined || sink.position === 0 || this.#isOutputLeft) return;
    // What is wrong with the file was told already.
    await sink.write(format.end()).catch(() => {});
  }

  async #tellStart(events: EventStream, inputs: Inputs, jobs: number): Promise<void> {
    const { module, export: name, source, args } = this.#options;
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
      ...(source === undefined ? {} : { source }),
      args,
      corral: config.version,
      deno: Deno.version.deno,
      system: `${Deno.build.os} ${Deno.build.arch}, ${navigator.hardwareConcurrency} processors`,
    });
  }

  async #work(outlets: Outlets, inputs: Inputs, pool: BlockPool): Promise<number> {
    const { events, sink, format, joblog } = outlets;
    const doubt = new InputDoubt(this.#options, inputs, joblog?.history?.hasSuccess ?? false);
    const { run, committer } = await this.#join(outlets, inputs, pool, doubt);
    let reason: EndReason | undefined;
    const started = pool.start().then(() => run.noteReady(), (error) => {
      // Workers that still start when all is done are ended.
      if (reason === undefined) run.noteStartFailure(error);
      throw error;
    });
    // The code that waits for it gets the error; nobody has to wait.
    started.catch(() => {});
    using patience = new Patience(() => sink.taken + events.taken, () => {
      this.#isOutputLeft = true;
      committer.giveUp();
    });
    using _interrupts = new Interrupts(run, pool, patience, (text) => {
      events.emit({ type: "print", at: Date.now(), text });
    });
    using _budget = startBudget(this.#options.timeBudgetMs, run, patience);
    try {
      const ended = await run.run();
      // Where no worker has answered, nobody else notices that the function cannot be run.
      if (ended === "finished" && (pool.isRemote || !run.hasAnswer)) await started;
      reason = ended;
      if (reason !== "output closed") await patience.waitFor(() => sink.write(format.end()));
      if (doubt.advice !== undefined) print(events, doubt.advice);
      await patience.waitFor(() => sink.sync());
      reason = patience.endReason ?? reason;
    } catch (error) {
      if (!isClosedPipe(error)) throw error;
      reason = "output closed";
    } finally {
      await pool.close();
      await this.#end(reason ?? "broken", outlets, { committer, run, patience });
    }
    return exitCode(patience.endReason ?? reason, committer.failed + run.heldFailures + (joblog?.skipped.failed ?? 0));
  }

  /** Joins what runs with what writes: each tells the other how far it is. */
  async #join(
    { events, sink, format, rejects, joblog, hold }: Outlets,
    inputs: Inputs,
    pool: BlockPool,
    doubt: InputDoubt,
  ): Promise<{ readonly run: MapRun; readonly committer: Committer }> {
    const run: MapRun = new MapRun({
      options: this.#options,
      inputs: joblog?.filter(inputs, events) ?? inputs,
      pool,
      events,
      committer: () => committer,
      format,
      hold: hold === undefined ? undefined : async (batches) => {
        await hold(batches);
        tellHeld(batches, rejects);
      },
    });
    const onFailure = (error: unknown) => isClosedPipe(error) ? run.kill("output closed") : run.fail(error);
    events.hearFailure(onFailure);
    const committer: Committer = new Committer({
      format,
      sink,
      events,
      rejects,
      hash: events.wantsHashes ? (await import("../output/record_hash.ts")).hashOf : undefined,
      isDurable: joblog !== undefined,
      onWritten: (done, failures, unwritable) => {
        this.#page?.count(done - failures.length, failures.map(({ error }) => error));
        const error = doubt.note(done, failures.filter(({ outcome }) => outcome === "invalid").length);
        if (error === undefined) run.noteWritten(unwritable);
        else run.fail(error);
      },
      onFailure,
    });
    return { run, committer };
  }

  /** Ends what tells of the run, also where its rejects cannot be written to their end. */
  async #end(reason: EndReason, { events, rejects, joblog }: Outlets, ended: EndedRun): Promise<void> {
    try {
      await rejects.end();
    } catch (error) {
      await this.#tellEnd("broken", events, joblog?.skipped, ended);
      throw error;
    }
    await this.#tellEnd(reason, events, joblog?.skipped, ended);
  }

  async #tellEnd(
    reason: EndReason,
    events: EventStream,
    earlier: EarlierRecords | undefined,
    { committer: { done, failed, results }, run: { heldRecords: held, heldFailures }, patience }: EndedRun,
  ): Promise<void> {
    const at = Date.now();
    const isCutShort = patience.endReason !== undefined;
    patience.renew();
    events.emit({
      type: "end",
      at,
      reason,
      exitCode: exitCode(reason, failed + heldFailures + (earlier?.failed ?? 0)),
      records: done,
      failed,
      results,
      ...(earlier !== undefined && earlier.records > 0 && { earlier: { ...earlier } }),
      ...(held > 0 && { held }),
    });
    await patience.waitFor(() => events.close());
    const isTold = events.tellsEnd;
    const totals = {
      reason,
      done,
      failed,
      results,
      elapsedMs: at - this.#startedAt,
      earlier,
      held,
      heldFailures,
      isTold,
      isCutShort,
    };
    await patience.waitFor(() => writeToStderr(summaryOf(this.#options, totals)));
  }
}

/** A run, as its end is told. */
interface EndedRun {
  readonly committer: Committer;
  readonly run: MapRun;
  readonly patience: Patience;
}

/** One of them may be why the run halts. In the file of rejects they come with the run that writes them. */
function tellHeld(batches: readonly Batch[], rejects: RejectWriter): void {
  if (!(rejects instanceof RejectPrinter)) return;
  for (const batch of batches) rejects.write(batch, failuresOf(batch));
}

const STDOUT_NAME = /^\/(dev\/(stdout|fd\/1)|proc\/self\/fd\/1)$/;

/** Whether anything goes there, by whatever name. */
function writesToStdout(options: CliMapOptions): boolean {
  return options.outputFile === undefined || filesOf(options).some(([, path]) => STDOUT_NAME.test(path));
}

/** What to say of a stdout where results are lost. Late: few runs have one. */
async function doubtOfStdout(): Promise<string | undefined> {
  if (!StdoutSink.isNull()) return undefined;
  const { requireOpenStdout } = await import("../files/standard_streams.ts");
  return requireOpenStdout();
}

function print(events: EventStream, text: string): void {
  events.emit({ type: "print", at: Date.now(), text: `corral: ${text}\n` });
}

function startBudget(budgetMs: number | undefined, run: MapRun, patience: Patience): Disposable {
  const stop = after(budgetMs ?? Infinity, () => {
    run.kill("out of time");
    patience.limit("out of time");
  });
  return { [Symbol.dispose]: stop };
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe;
}
