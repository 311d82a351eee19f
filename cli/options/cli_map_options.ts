/** The options of `corral map`, checked, with every default filled in. */

/** How records are told apart in the input. */
export type InputFormat = "ndjson" | "json" | "lines" | "nul" | "csv" | "tsv";
/** How results are written. */
export type OutputFormat = "ndjson" | "json" | "lines" | "raw" | "csv";
/** What may be tried again. */
export type RetryReason = "crash" | "timeout" | "error";

/** A time limit for one record. */
export type TimeLimit =
  | { readonly kind: "fixed"; readonly ms: number }
  /** A share of the median duration of the records that succeeded so far, in percent. */
  | { readonly kind: "relative"; readonly percent: number };

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

/** A run of `corral map`. */
export interface CliMapOptions {
  /** The module's URL; of `-e`, a `data:` URL that exports the function as default. */
  readonly module: URL;
  readonly export: string;
  /** Paths; none means stdin. */
  readonly files: readonly string[];
  readonly input: InputFormat;
  readonly output: OutputFormat;
  readonly unordered: boolean;
  readonly jobs: number;
  /** Records handed to a worker at once; a number where `maxTasks` is given. */
  readonly chunk: number | "auto";
  readonly permissions: Deno.PermissionOptionsObject | "none";
  /** What workers may not do, even where `permissions` grants it. */
  readonly deny: Deno.PermissionOptionsObject;
  readonly env: Readonly<Record<string, string>>;
  readonly timeout: TimeLimit | undefined;
  /** Limit of the whole run. */
  readonly timeBudgetMs: number | undefined;
  readonly retries: number;
  readonly retryOn: ReadonlySet<RetryReason>;
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
  readonly report: string | undefined;
  readonly events: string | undefined;
  readonly trace: string | undefined;
  readonly quiet: boolean;
}
