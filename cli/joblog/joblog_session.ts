import type { Inputs } from "../input/inputs.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { EventStream } from "../observers/event_stream.ts";
import { UsageError } from "../errors/usage_error.ts";
import { requireEmpty } from "../files/run_file.ts";
import { holdJoblog, type JoblogContent, type JoblogHeader, JoblogWriter, readJoblog } from "./joblog_file.ts";
import type { RunHistory } from "./history.ts";
import { type EarlierRecords, UnfinishedRecords } from "./unfinished_records.ts";
import { sourceHash } from "./source_hash.ts";

/** The joblog of a run: one that is begun, or one that is gone on with. */
export class JoblogSession {
  /** Bytes of results that earlier runs wrote and logged. */
  readonly outputEnd: number;
  /** What this run has left out so far, since earlier runs finished it. */
  readonly skipped: EarlierRecords = { records: 0, failed: 0 };
  readonly #options: CliMapOptions;
  readonly #file: Deno.FsFile;
  readonly #header: JoblogHeader;
  readonly #earlier: JoblogContent | undefined;

  private constructor(
    options: CliMapOptions,
    file: Deno.FsFile,
    header: JoblogHeader,
    earlier: JoblogContent | undefined,
  ) {
    this.#options = options;
    this.#file = file;
    this.#header = header;
    this.#earlier = earlier;
    this.outputEnd = earlier?.outputEnd ?? 0;
  }

  /**
   * Opens the joblog and holds it, and reads what earlier runs logged. Nothing is changed yet.
   *
   * Throws UsageError when the run cannot go on with what is there, or somebody else holds it.
   */
  static async open(options: CliMapOptions): Promise<JoblogSession> {
    const path = options.joblog!;
    const header = await headerOf(options);
    const file = await holdJoblog(path);
    try {
      if (options.resume === "no") {
        if (!options.force) await requireNothingLogged(file, path);
        return new JoblogSession(options, file, header, undefined);
      }
      const earlier = await readJoblog(file, path);
      // What was ended before its first record, by a mistake in the function for example, binds nobody.
      if (earlier !== undefined && hasRecords(earlier) && !options.force) requireSame(earlier.header, header);
      return new JoblogSession(options, file, header, earlier);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Whether there is a run to go on with, which wrote to this file: its results, or its rejects. */
  isResumed(kind: "output" | "rejects", path: string): boolean {
    if (this.#earlier === undefined) return false;
    return this.#options.force || (kind === "output" ? this.#earlier.header.output : this.#earlier.rejects) === path;
  }

  /** What became of records in the runs so far; nothing where nothing was logged. */
  get history(): RunHistory | undefined {
    return this.#earlier !== undefined && hasRecords(this.#earlier) ? this.#earlier.history : undefined;
  }

  /** Begins to write, or goes on: what was being written when the earlier run ended is cut off. */
  async begin(): Promise<JoblogWriter> {
    const path = this.#options.joblog!;
    const isBatched = this.#options.batch !== null;
    return this.#earlier === undefined || !hasRecords(this.#earlier)
      ? await JoblogWriter.create(path, this.#file, this.#header, isBatched)
      : await JoblogWriter.append(path, this.#file, this.#earlier, this.#header.rejects, isBatched);
  }

  /** Lets go of the file, where nothing was begun. */
  close(): void {
    this.#file.close();
  }

  /** The inputs without the records that are done. */
  filter(inputs: Inputs, events: EventStream): Inputs | UnfinishedRecords {
    return this.#earlier === undefined
      ? inputs
      : new UnfinishedRecords(inputs, this.#earlier.history, this.#options, events, this.skipped);
  }
}

function hasRecords({ history }: JoblogContent): boolean {
  return history.last > 0;
}

/** Throws UsageError if there is a record in the joblog, or the file is none. */
async function requireNothingLogged(file: Deno.FsFile, path: string): Promise<void> {
  try {
    const content = await readJoblog(file, path);
    if (content !== undefined && !hasRecords(content)) return;
  } catch {
    // It is something else, which must not be lost either.
  }
  await requireEmpty(file, path, "--resume to go on with it, or --force to begin it again");
}

async function headerOf(options: CliMapOptions): Promise<JoblogHeader> {
  const { module, input, output, outputFile, table, columns, skippedLines, encoding, batch, tagged, csvSafe } = options;
  return {
    type: "joblog",
    version: 1,
    module: module.protocol === "data:" ? "-e" : module.href,
    export: options.export,
    source: await sourceHash(options),
    in: input,
    out: output,
    format: JSON.stringify({ table, columns, skippedLines, encoding, batch, tagged, csvSafe }),
    output: outputFile ?? null,
    rejects: options.rejects ?? null,
  };
}

function requireSame(earlier: JoblogHeader, now: JoblogHeader): void {
  const refuse = (what: string, wanted: string): never => {
    throw new UsageError(`Cannot resume: ${what} since the joblog was begun, wanted ${wanted}, or --force`);
  };
  if (earlier.source !== now.source || earlier.export !== now.export) {
    refuse("the source of the function has changed", "the same source");
  }
  if (earlier.in !== now.in || earlier.out !== now.out) {
    refuse("the format has changed", `--in ${earlier.in} --out ${earlier.out}`);
  }
  if (earlier.format !== now.format) refuse("what says how records are read or written has changed", "the same flags");
  if (earlier.output !== now.output) {
    refuse("the place of the results has changed", earlier.output === null ? "stdout" : `-o ${earlier.output}`);
  }
}
