import { holdFile, requireEmpty } from "../files/run_file.ts";
import type { JoblogSession } from "../joblog/joblog_session.ts";
import { EventStream } from "../observers/event_stream.ts";
import { openObservers } from "../observers/mod.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { RejectFile, RejectPrinter, type RejectWriter } from "../output/rejects.ts";
import { type ResultFormat, resultFormat } from "../output/result_format.ts";
import { FileSink, type ResultSink, StdoutSink } from "../output/result_sink.ts";

/** Where a run's results, failures and events go. */
export interface Outlets {
  readonly events: EventStream;
  readonly sink: ResultSink;
  readonly format: ResultFormat;
  readonly rejects: RejectWriter;
  readonly joblog: JoblogSession | undefined;
}

/** The files of a run that hold what cannot be made again by looking at something else. */
interface HeldFiles {
  readonly joblog: JoblogSession | undefined;
  readonly output: Deno.FsFile | undefined;
  readonly rejects: Deno.FsFile | undefined;
}

/**
 * Opens everything that a run writes. Each file is held, and looked at, before the first one is changed: a run that cannot
 * begin leaves all as it was.
 */
export async function openOutlets(options: CliMapOptions): Promise<Outlets> {
  const held = await holdFiles(options);
  const { joblog } = held;
  const observers = await openObservers(options);
  const sink = await beginSink(options, held);
  const resumed = await resumedPart(options, joblog?.outputEnd ?? 0);
  const log = await joblog?.begin();
  const events = new EventStream(log === undefined ? observers : [...observers, log]);
  return {
    events,
    sink,
    joblog,
    format: await resultFormat(options, resumed),
    rejects: await beginRejects(options, held, events),
  };
}

async function holdFiles(options: CliMapOptions): Promise<HeldFiles> {
  const { outputFile, rejects: rejectsFile } = options;
  const opened: { close(): void }[] = [];
  const kept = <F extends { close(): void } | undefined>(file: F): F => {
    if (file !== undefined) opened.push(file);
    return file;
  };
  try {
    const joblog = kept(options.joblog === undefined ? undefined : await openJoblog(options));
    const isNew = !(joblog?.isResumed ?? false) && !options.force;
    const hold = async (path: string | undefined) => {
      if (path === undefined) return undefined;
      const file = kept(await holdFile(path));
      if (isNew) await requireEmpty(file, path, adviceFor(options));
      return file;
    };
    return { joblog, output: await hold(outputFile), rejects: await hold(rejectsFile) };
  } catch (error) {
    for (const file of opened) file.close();
    throw error;
  }
}

function adviceFor({ joblog, resume }: CliMapOptions): string {
  if (joblog === undefined) return "--force to begin it again, or another name";
  return resume === "no"
    ? "--resume to go on with it, or --force to begin it again"
    : `the joblog that belongs to it (${joblog} is empty), or --force to begin it again`;
}

async function openJoblog(options: CliMapOptions): Promise<JoblogSession> {
  const { JoblogSession } = await import("../joblog/joblog_session.ts");
  return await JoblogSession.open(options);
}

async function beginSink({ outputFile }: CliMapOptions, { output, joblog }: HeldFiles): Promise<ResultSink> {
  if (outputFile === undefined || output === undefined) return new StdoutSink();
  const sink = new FileSink(outputFile, output);
  await sink.begin(joblog?.outputEnd ?? 0);
  return sink;
}

async function beginRejects(
  { rejects: path, resume }: CliMapOptions,
  { rejects: file }: HeldFiles,
  events: EventStream,
): Promise<RejectWriter> {
  if (path === undefined || file === undefined) {
    return new RejectPrinter((text) => events.emit({ type: "print", at: Date.now(), text }));
  }
  return await RejectFile.begin(path, file, resume !== "no");
}

/** The first bytes of an output that is gone on with: a table's header stands there. */
async function resumedPart({ outputFile }: CliMapOptions, outputEnd: number): Promise<Uint8Array | undefined> {
  if (outputFile === undefined || outputEnd === 0) return undefined;
  using file = await Deno.open(outputFile);
  const bytes = new Uint8Array(64 * 1024);
  return bytes.subarray(0, await file.read(bytes) ?? 0);
}
