import { clusterChoice } from "./cluster_options.ts";
import type { CliMapOptions, HaltRule, RetryReason, TimeLimit } from "./cli_map_options.ts";
import { type ParsedFlags, writtenFile } from "./parse_flags.ts";
import { type AddPermissionSet, sandboxRules } from "./sandbox_rules.ts";
import { requireDistinctFiles } from "./distinct_files.ts";
import { formatOptions } from "./format_options.ts";
import { functionSource } from "./function_source.ts";
import { byteSize, duration, percentage, rate, wholeNumber } from "./quantities.ts";
import { UsageError } from "../errors/usage_error.ts";

const MIB = 1024 * 1024;
const LEAST_MEMORY_MIB = 16;
const DEFAULT_MAX_RECORD_BYTES = 16 * MIB;
const MAX_MAX_RECORD_BYTES = 128 * MIB;
const MAX_CHUNK_UNDER_MAX_TASKS = 64;

/** The options of a run from the flags of `corral map`. With `--permission-set` it needs `addSet`. Throws UsageError. */
export function readMapOptions(
  flags: ParsedFlags,
  args: readonly string[] = [],
  addSet?: AddPermissionSet,
): CliMapOptions {
  const cluster = clusterChoice(flags);
  const source = functionSource(flags);
  const formats = formatOptions(flags, source.files);
  const maxTasks = optional(flags, "max-tasks", (text) => wholeNumber("max-tasks", text, 1));
  const options: CliMapOptions = {
    ...source,
    args: withoutSecrets(args),
    ...sandboxRules(flags, source.module, addSet),
    ...formats,
    unordered: isUnordered(flags),
    cluster,
    jobs: jobs(flags.value("jobs") ?? "auto"),
    chunk: chunk(flags.value("chunk") ?? "auto", maxTasks, formats.batch ?? 1),
    isUntrusted: flags.has("untrusted"),
    cache: flags.has("cache"),
    env: environment(flags.values("env")),
    timeout: optional(flags, "timeout", timeLimit),
    timeBudgetMs: optional(flags, "time-budget", (text) => duration("time-budget", text)),
    retries: optional(flags, "retries", (text) => wholeNumber("retries", text, 0)) ?? 0,
    retryOn: retryReasons(flags.value("retry-on") ?? "crash,timeout,error"),
    throttle: {
      perSecond: optional(flags, "rate", (text) => rate("rate", text)),
      load: optional(flags, "load", loadLimit),
      freeBytes: optional(flags, "memfree", (text) => byteSize("memfree", text)),
    },
    halt: optional(flags, "halt", haltRule),
    memoryLimitMiB: optional(flags, "memory-limit", memoryLimit),
    maxTasks,
    initializer: flags.value("initializer"),
    maxRecordBytes: optional(flags, "max-record", maxRecordBytes) ?? DEFAULT_MAX_RECORD_BYTES,
    rejects: writtenFile(flags, "rejects"),
    outputFile: outputFile(flags),
    joblog: writtenFile(flags, "joblog"),
    resume: flags.has("resume-failed") ? "failed" : flags.has("resume") ? "missing" : "no",
    force: flags.has("force"),
    bar: bar(flags),
    total: optional(flags, "total", (text) => wholeNumber("total", text, 0)),
    dashboard: dashboard(flags.values("dashboard").at(-1)),
    report: writtenFile(flags, "report"),
    events: writtenFile(flags, "events"),
    trace: writtenFile(flags, "trace"),
    quiet: flags.has("quiet"),
  };
  checkTogether(options);
  return options;
}

/** As for inputs, `-` is the standard stream. */
function outputFile(flags: ParsedFlags): string | undefined {
  const path = flags.value("output");
  return path === "-" ? undefined : path;
}

function isUnordered(flags: ParsedFlags): boolean {
  if (!flags.has("unordered")) return false;
  if (!flags.has("keep-order")) return true;
  throw new UsageError("Cannot use --unordered and --keep-order: they are opposites, wanted one of them");
}

/** What a variable is set to need not be known to the readers of a report, nor the password of a server. */
function withoutSecrets(args: readonly string[]): string[] {
  return args.map((arg, at) => {
    const [, before = "", flag, rest = ""] = /^((--env|--cluster)=)?(.*)$/s.exec(arg)!;
    switch (flag ?? args[at - 1]) {
      case "--env":
        return before + rest.replace(/^([^=]*)=.*$/s, "$1=…");
      case "--cluster":
        return before + rest.replace(/\/\/[^/]*@/, "//…@");
      default:
        return arg;
    }
  });
}

function checkTogether(options: CliMapOptions): void {
  const { resume, joblog, files, force, outputFile, rejects } = options;
  if (resume !== "no" && joblog === undefined) {
    throw new UsageError("Cannot resume: there is no joblog, wanted --joblog FILE of the run that is to go on");
  }
  if (force && joblog === undefined && outputFile === undefined && rejects === undefined) {
    throw new UsageError("Cannot force: nothing is resumed or overwritten, wanted --resume, -o, --joblog or --rejects");
  }
  const twice = files.find((file, at) => file === "-" && files.indexOf(file) !== at);
  if (twice !== undefined) throw new UsageError("Cannot read stdin twice: - was given more than once");
  requireDistinctFiles(options);
}

function optional<T>(flags: ParsedFlags, long: string, read: (text: string) => T): T | undefined {
  const text = flags.value(long);
  return text === undefined ? undefined : read(text);
}

/** As many as a pool takes. */
const MOST_JOBS = 65_536;

function jobs(text: string): number {
  const cpus = navigator.hardwareConcurrency || 1;
  if (text === "auto") return cpus;
  const share = percentage(text);
  return share === undefined
    ? wholeNumber("jobs", text, 1, MOST_JOBS)
    : Math.min(MOST_JOBS, Math.max(1, Math.round(cpus * share / 100)));
}

/**
 * A worker that is to be replaced after so many records gets as many blocks as cannot hold more. A batch is never cut up.
 */
function chunk(text: string, maxTasks: number | undefined, batch: number): number | "auto" {
  const wanted = text === "auto" ? "auto" : Math.ceil(wholeNumber("chunk", text, 1) / batch) * batch;
  if (maxTasks === undefined) return wanted;
  const most = Math.min(maxTasks, wanted === "auto" ? MAX_CHUNK_UNDER_MAX_TASKS : wanted);
  return Math.max(1, Math.floor(most / batch)) * batch;
}

function environment(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => {
    const at = entry.indexOf("=");
    if (at > 0) return [entry.slice(0, at), entry.slice(at + 1)];
    const value = entry === "" || at === 0 ? undefined : ownVariable(entry);
    if (value !== undefined) return [entry, value];
    throw new UsageError(
      `Cannot pass on variable ${JSON.stringify(entry)}: it is not set, wanted --env ${entry}=VALUE`,
    );
  }));
}

function ownVariable(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") {
    throw new UsageError(
      `Cannot pass on variable "${name}": this command may not read it, wanted --env ${name}=VALUE, or a command that was ` +
        `installed with --allow-env=${name}`,
    );
  }
  return Deno.env.get(name);
}

function timeLimit(text: string): TimeLimit {
  const percent = percentage(text);
  return percent === undefined ? { kind: "fixed", ms: duration("timeout", text) } : { kind: "relative", percent };
}

function loadLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && limit > 0) return limit;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --load: a number above 0 is wanted`);
}

function retryReasons(text: string): ReadonlySet<RetryReason> {
  const known: readonly string[] = ["crash", "timeout", "error"];
  const reasons = text.split(",");
  const wrong = reasons.find((reason) => !known.includes(reason));
  if (wrong === undefined) return new Set(reasons as RetryReason[]);
  throw new UsageError(
    `Cannot use ${JSON.stringify(wrong)} as --retry-on: one or more of crash,timeout,error are wanted`,
  );
}

function haltRule(text: string): HaltRule {
  const [, when, what, number] = /^(now|soon),(fail|success|done)=(\d+%?|\d+\.\d+%)$/.exec(text) ?? [];
  const percent = percentage(number ?? "");
  const count = Number(number);
  if (when === undefined || (percent === undefined && !(count >= 1))) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(text)} as --halt: something like now,fail=1 or soon,done=50% is wanted`,
    );
  }
  return {
    when: when as HaltRule["when"],
    what: what as HaltRule["what"],
    limit: percent === undefined ? { kind: "count", count } : { kind: "percent", percent },
  };
}

function memoryLimit(text: string): number {
  const mib = Math.round(byteSize("memory-limit", text) / MIB);
  if (mib >= LEAST_MEMORY_MIB) return mib;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --memory-limit: at least ${LEAST_MEMORY_MIB}M is wanted`);
}

function maxRecordBytes(text: string): number {
  const bytes = byteSize("max-record", text);
  if (bytes <= MAX_MAX_RECORD_BYTES) return bytes;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --max-record: at most 128M is wanted`);
}

function dashboard(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = text === "" ? 0 : wholeNumber("dashboard", text, 0);
  if (port <= 65_535) return port;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --dashboard: a port up to 65535 is wanted`);
}

function bar(flags: ParsedFlags): CliMapOptions["bar"] {
  const text = flags.values("bar").at(-1);
  if (text === undefined) return "auto";
  if (text === "") return "line";
  if (text === "full" || text === "off") return text;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --bar: full, off or no value is wanted`);
}
