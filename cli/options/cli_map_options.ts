/** The options of `corral map`, checked, with every default filled in. */

/** How records are told apart in the input. */
export type InputFormat = "ndjson" | "json" | "lines" | "nul" | "csv" | "tsv";
/** How results are written. */
export type OutputFormat = "ndjson" | "json" | "lines" | "nul" | "raw" | "csv" | "tsv";
/** What may be tried again. */
export type RetryReason = "crash" | "timeout" | "error";

/** A time limit for one record. */
export type TimeLimit =
  | { readonly kind: "fixed"; readonly ms: number }
  /** A share of the median duration of the records that succeeded so far, in percent. */
  | { readonly kind: "relative"; readonly percent: number };

/** How a table is read. */
export interface TableFormat {
  readonly dialect: { readonly delimiter: string; readonly quote: string | null; readonly comments: string | null };
  /** Whether the first row names the columns. */
  readonly hasHeader: boolean;
  /** Whether fields that look like numbers, true, false or nothing become them. */
  readonly infers: boolean;
}

/** When nothing new is begun. */
export interface ThrottleRule {
  /** Records that may begin in a second. */
  readonly perSecond: number | undefined;
  /** The load average beyond which nothing is begun. */
  readonly load: number | undefined;
  /** The free memory below which nothing is begun. */
  readonly freeBytes: number | undefined;
}

/** When the run stops before its end. */
export interface HaltRule {
  /** `soon`: what runs finishes. `now`: it is killed. */
  readonly when: "now" | "soon";
  readonly what: "fail" | "success" | "done";
  readonly limit: { readonly kind: "count"; readonly count: number } | {
    readonly kind: "percent";
    readonly percent: number;
  };
}

/** Agents that are to do the work. */
export interface ClusterChoice {
  /** The address of Redis, or of PostgreSQL; a password may stand in it. */
  readonly server: string;
  readonly secretFile: string;
  readonly group: string | undefined;
  /** Names the code, in place of the hash of its files. */
  readonly codeVersion: string | undefined;
  readonly caFile: string | undefined;
  readonly aofCheck: boolean;
}

/** A run of `corral map`. */
export interface CliMapOptions {
  /** The module's URL; of `-e`, a `data:` URL that exports the function as default. */
  readonly module: URL;
  readonly export: string;
  /** The function, as it was typed behind `-e`. */
  readonly source: string | undefined;
  /** What was typed, for those who read about the run; of variables, only the names. */
  readonly args: readonly string[];
  /** Paths; none means stdin. */
  readonly files: readonly string[];
  readonly input: InputFormat;
  /** Only for tables. */
  readonly table: TableFormat | undefined;
  /** Of an input without a header, the names of its columns; else those of the output. */
  readonly columns: readonly string[] | null;
  /** Lines in front of each input that are passed over. */
  readonly skippedLines: number;
  /** What the input is encoded in; UTF-8 if it is not told. */
  readonly encoding: string | undefined;
  readonly output: OutputFormat;
  /** Whether cells that a spreadsheet would take for formulas are made harmless. */
  readonly csvSafe: boolean;
  /** Whether each result is written with the number of its record. */
  readonly tagged: boolean;
  /** So many records are handed to the function as one list. */
  readonly batch: number | null;
  readonly unordered: boolean;
  /** Set when the workers are those of agents elsewhere. */
  readonly cluster: ClusterChoice | undefined;
  readonly jobs: number;
  /** Records handed to a worker at once; a number where `maxTasks` is given. */
  readonly chunk: number | "auto";
  readonly permissions: Deno.PermissionOptionsObject | "none";
  /** What workers may not do, even where `permissions` grants it. */
  readonly deny: Deno.PermissionOptionsObject;
  /** Whether the module may load nothing but what lies in its own folder. */
  readonly isUntrusted: boolean;
  /** Whether the module's imports are fetched before the run. */
  readonly cache: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly timeout: TimeLimit | undefined;
  /** Limit of the whole run. */
  readonly timeBudgetMs: number | undefined;
  readonly retries: number;
  readonly retryOn: ReadonlySet<RetryReason>;
  readonly throttle: ThrottleRule;
  readonly halt: HaltRule | undefined;
  readonly memoryLimitMiB: number | undefined;
  readonly maxTasks: number | undefined;
  readonly initializer: string | undefined;
  /** Records longer than this are rejects. */
  readonly maxRecordBytes: number;
  /** Where failed records are described; stderr if none. */
  readonly rejects: string | undefined;
  /** `-o`: the results go there instead of stdout. */
  readonly outputFile: string | undefined;
  readonly joblog: string | undefined;
  readonly resume: "no" | "missing" | "failed";
  readonly force: boolean;
  readonly bar: "off" | "line" | "full" | "auto";
  readonly total: number | undefined;
  /** The port of the live page, 0 for any; none if it is not wanted. */
  readonly dashboard: number | undefined;
  readonly report: string | undefined;
  readonly events: string | undefined;
  readonly trace: string | undefined;
  readonly quiet: boolean;
}
