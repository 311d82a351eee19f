import { nameForPeople } from "../errors/foreign_text.ts";
import { holdFile, requireEmpty, requireLength } from "../files/run_file.ts";
import { UsageError } from "../errors/usage_error.ts";
import type { JoblogSession } from "../joblog/joblog_session.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";

/** The files of a run that hold what cannot be made again by looking at something else. */
export interface HeldFiles {
  readonly joblog: JoblogSession | undefined;
  readonly output: Deno.FsFile | undefined;
  readonly rejects: Deno.FsFile | undefined;
}

/** Opens and holds the files, and looks whether they may be written. Nothing in them is changed. Throws UsageError. */
export async function holdFiles(options: CliMapOptions): Promise<HeldFiles> {
  const opened: { close(): void }[] = [];
  const kept = <F extends { close(): void } | undefined>(file: F): F => {
    if (file !== undefined) opened.push(file);
    return file;
  };
  try {
    const joblog = kept(options.joblog === undefined ? undefined : await openJoblog(options));
    const hold = async (kind: "output" | "rejects", path: string | undefined) => {
      if (path === undefined) return undefined;
      const file = kept(await holdFile(path));
      const isResumed = joblog?.isResumed(kind, path) ?? false;
      if (!isResumed && !options.force) await requireEmpty(file, path, adviceFor(options, kind));
      if (!isResumed && kind === "rejects") requireNoneMissing(options, path, joblog);
      if (isResumed && kind === "output") await requireLength(file, path, joblog?.outputEnd ?? 0);
      return file;
    };
    return {
      joblog,
      output: await hold("output", options.outputFile),
      rejects: await hold("rejects", options.rejects),
    };
  } catch (error) {
    for (const file of opened) file.close();
    throw error;
  }
}

function adviceFor({ joblog, resume }: CliMapOptions, kind: "output" | "rejects"): string {
  if (joblog === undefined) return "--force to begin it again, or another name";
  if (resume === "no") return "--resume to go on with it, or --force to begin it again";
  return kind === "output"
    ? `the joblog that belongs to it (${nameForPeople(joblog)} is empty), or --force to begin it again`
    : `the name that ${nameForPeople(joblog)} has, or --force to begin it again`;
}

/** Of what has failed in earlier runs, the joblog does not have the records. Throws UsageError where it would be missing in the file. */
function requireNoneMissing({ resume }: CliMapOptions, path: string, joblog: JoblogSession | undefined): void {
  const failed = joblog?.history?.failed ?? 0;
  if (resume !== "missing" || failed === 0) return;
  const what = failed === 1 ? "one record that failed" : `${failed} records that failed`;
  throw new UsageError(
    `Cannot begin ${nameForPeople(path)}: it would not have ${what} in earlier runs, ` +
      "wanted --resume-failed, which runs such records again, or --force to write only those that fail from now on",
  );
}

async function openJoblog(options: CliMapOptions): Promise<JoblogSession> {
  const { JoblogSession } = await import("../joblog/joblog_session.ts");
  return await JoblogSession.open(options);
}
