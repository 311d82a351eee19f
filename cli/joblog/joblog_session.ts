import type { Inputs } from "../input/inputs.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { EventStream } from "../observers/event_stream.ts";
import { UsageError } from "../errors/usage_error.ts";
import { type JoblogContent, type JoblogHeader, JoblogWriter, readJoblog } from "./joblog_file.ts";
import { UnfinishedRecords } from "./unfinished_records.ts";
import { sourceHash } from "./source_hash.ts";

/** The joblog of a run: one that is begun, or one that is gone on with. */
export class JoblogSession {
  /** Logs what this run finishes. */
  readonly writer: JoblogWriter;
  /** Bytes of results that earlier runs wrote and logged. */
  readonly outputEnd: number;
  readonly #options: CliMapOptions;
  readonly #earlier: JoblogContent | undefined;

  private constructor(options: CliMapOptions, writer: JoblogWriter, earlier: JoblogContent | undefined) {
    this.#options = options;
    this.writer = writer;
    this.#earlier = earlier;
    this.outputEnd = earlier?.outputEnd ?? 0;
  }

  /** Opens the joblog. Throws UsageError when the run cannot go on with what is there. */
  static async open(options: CliMapOptions): Promise<JoblogSession> {
    const path = options.joblog!;
    const header = await headerOf(options);
    const earlier = options.resume === "no" ? undefined : await readJoblog(path);
    if (earlier === undefined) return new JoblogSession(options, await JoblogWriter.create(path, header), undefined);
    if (!options.force) requireSame(earlier.header, header);
    return new JoblogSession(options, await JoblogWriter.append(path, earlier.end), earlier);
  }

  /** The inputs without the records that are done. */
  filter(inputs: Inputs, events: EventStream): Pick<Inputs, "read" | "records" | "bytes"> {
    return this.#earlier === undefined
      ? inputs
      : new UnfinishedRecords(inputs, this.#earlier.history, this.#options, events);
  }
}

async function headerOf(options: CliMapOptions): Promise<JoblogHeader> {
  const { module, input, output, outputFile } = options;
  return {
    type: "joblog",
    version: 1,
    module: module.protocol === "data:" ? "-e" : module.href,
    export: options.export,
    source: await sourceHash(module),
    in: input,
    out: output,
    output: outputFile ?? null,
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
  if (earlier.output !== now.output) {
    refuse("the place of the results has changed", earlier.output === null ? "stdout" : `-o ${earlier.output}`);
  }
}
