import { missingFiles, removeEmpty } from "../files/run_file.ts";
import type { JoblogSession } from "../joblog/joblog_session.ts";
import { EventStream } from "../observers/event_stream.ts";
import { openObservers } from "../observers/mod.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { Batch } from "../records/batch.ts";
import { RejectFile } from "../output/reject_file.ts";
import { RejectPrinter, type RejectWriter } from "../output/reject_printer.ts";
import { type ResultFormat, resultFormat } from "../output/result_format.ts";
import { type HeldFiles, holdFiles } from "./held_files.ts";
import { FileSink, type ResultSink, StdoutSink } from "../output/result_sink.ts";

/** Where a run's results, failures and events go. */
export interface Outlets {
  readonly events: EventStream;
  readonly sink: ResultSink;
  readonly format: ResultFormat;
  readonly rejects: RejectWriter;
  readonly joblog: JoblogSession | undefined;
  /** Keeps results for the run that goes on; `undefined` where none can. */
  readonly hold: ((batches: readonly Batch[]) => Promise<void>) | undefined;
}

/**
 * Opens everything that a run writes. Each file is held, and looked at, before the first one is changed: a run that cannot
 * begin leaves all as it was. See `docs/decisions/command.md`.
 */
export async function openOutlets(options: CliMapOptions): Promise<Outlets> {
  const { outputFile, joblog, rejects, events, report, trace } = options;
  const missing = await missingFiles([outputFile, joblog, rejects, events, report, trace]);
  try {
    return await openAll(options);
  } catch (error) {
    await removeEmpty(missing);
    throw error;
  }
}

async function openAll(options: CliMapOptions): Promise<Outlets> {
  const held = await holdFiles(options);
  const { joblog } = held;
  const observers = await openObservers(options);
  const sink = await beginSink(options, held);
  const resumed = await resumedPart(options, joblog?.outputEnd ?? 0);
  const log = await joblog?.begin();
  const events = new EventStream(log === undefined ? observers : [...observers, log]);
  const format = await resultFormat(options, resumed, joblog?.history?.heldColumns);
  return {
    events,
    sink,
    joblog,
    format,
    rejects: await beginRejects(options, held, events),
    hold: log === undefined ? undefined : (batches) => log.hold(batches, format.rows?.columns),
  };
}

async function beginSink({ outputFile }: CliMapOptions, { output, joblog }: HeldFiles): Promise<ResultSink> {
  if (outputFile === undefined || output === undefined) return new StdoutSink();
  const sink = new FileSink(outputFile, output);
  await sink.begin(joblog?.outputEnd ?? 0);
  return sink;
}

async function beginRejects(
  { rejects: path }: CliMapOptions,
  { rejects: file, joblog }: HeldFiles,
  events: EventStream,
): Promise<RejectWriter> {
  if (path === undefined || file === undefined) {
    return new RejectPrinter((text) => events.emit({ type: "print", at: Date.now(), text }));
  }
  const history = joblog?.isResumed("rejects", path) ? joblog.history : undefined;
  return history === undefined ? await RejectFile.begin(path, file) : await RejectFile.resume(path, file, history);
}

/** A table may have very many columns. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/** The first bytes of an output that is gone on with: a table's header stands there. */
async function resumedPart({ outputFile, output }: CliMapOptions, outputEnd: number): Promise<Uint8Array | undefined> {
  if (outputFile === undefined || outputEnd === 0) return undefined;
  const isTable = output === "csv" || output === "tsv";
  const bytes = new Uint8Array(isTable ? Math.min(outputEnd, MAX_HEADER_BYTES) : 1);
  using file = await Deno.open(outputFile);
  let size = 0;
  for (let count; size < bytes.length && (count = await file.read(bytes.subarray(size))) !== null;) size += count;
  return bytes.subarray(0, size);
}
