/** The flags of `corral map`: one table for reading, help and completion. */

import type { Flag } from "./flag.ts";

const PERMISSIONS: readonly (readonly [kind: string, value: string])[] = [
  ["read", "PATHS"],
  ["write", "PATHS"],
  ["net", "HOSTS"],
  ["env", "NAMES"],
  ["sys", "KINDS"],
  ["run", "COMMANDS"],
  ["ffi", "PATHS"],
  ["import", "HOSTS"],
];

function permissionFlags(): Flag[] {
  return PERMISSIONS.flatMap(([kind, name]) =>
    (["allow", "deny"] as const).map((verb): Flag => ({
      long: `${verb}-${kind}`,
      help: verb === "allow" ? `Let workers use ${kind}` : `Deny ${kind}, also where it is allowed`,
      value: { name },
      optionalValue: true,
      repeatable: true,
      group: "Sandbox",
    }))
  );
}

/** All flags of `corral map`. */
export const MAP_FLAGS: readonly Flag[] = [
  {
    long: "eval",
    short: "e",
    value: { name: "FUNCTION" },
    help: "The function itself, in place of a module: '(record) => record.id'",
    group: "Input and output",
  },
  {
    long: "in",
    value: { name: "FORMAT", choices: ["ndjson", "json", "lines", "nul", "csv", "tsv"] },
    help: "How the input is read [by its name, or ndjson]",
    group: "Input and output",
  },
  {
    long: "out",
    value: { name: "FORMAT", choices: ["ndjson", "json", "lines", "nul", "raw", "csv", "tsv"] },
    help: "How results are written [by their name, or ndjson]",
    group: "Input and output",
  },
  {
    long: "output",
    short: "o",
    value: { name: "FILE", files: "any" },
    help: "Write results to FILE instead of stdout",
    group: "Input and output",
  },
  {
    long: "keep-order",
    short: "k",
    help: "Results in the order of the records; this is the default",
    group: "Input and output",
  },
  {
    long: "unordered",
    help: "Write each result as soon as it is there",
    group: "Input and output",
  },
  {
    long: "max-record",
    value: { name: "SIZE" },
    help: "Longer records are rejected [16M]",
    group: "Input and output",
  },
  {
    long: "batch",
    value: { name: "N" },
    help: "Call the function with lists of N records",
    group: "Input and output",
  },
  {
    long: "tag",
    help: "Write the number of its record with each result",
    group: "Input and output",
  },
  {
    long: "encoding",
    value: { name: "NAME" },
    help: "What the input is encoded in: latin1, utf-16le, … [utf-8]",
    group: "Input and output",
  },
  {
    long: "skip-lines",
    value: { name: "N" },
    help: "Pass over N lines at the beginning of each input",
    group: "Input and output",
  },
  {
    long: "delimiter",
    value: { name: "CHARACTER" },
    help: "What stands between fields [comma; tab for tsv]",
    group: "Tables (csv, tsv)",
  },
  {
    long: "quote",
    value: { name: "CHARACTER|none" },
    help: 'What fields can be quoted with ["; none for tsv]',
    group: "Tables (csv, tsv)",
  },
  {
    long: "no-header",
    help: "The first row is a record: a list, or by --columns",
    group: "Tables (csv, tsv)",
  },
  {
    long: "columns",
    value: { name: "NAMES" },
    help: "a,b,c: columns of the output; with --no-header, of the input",
    group: "Tables (csv, tsv)",
  },
  {
    long: "comments",
    value: { name: "TEXT" },
    help: "Lines that begin with TEXT are not rows",
    group: "Tables (csv, tsv)",
  },
  {
    long: "infer",
    help: "Numbers, true and false as such, empty fields as null",
    group: "Tables (csv, tsv)",
  },
  {
    long: "csv-safe",
    help: "Write no cell that a spreadsheet would run as a formula",
    group: "Tables (csv, tsv)",
  },
  {
    long: "untrusted",
    help: "Let the module load nothing outside its own folder",
    group: "Sandbox",
  },
  ...permissionFlags(),
  {
    long: "permission-set",
    short: "P",
    value: { name: "NAME" },
    help: "Take the permissions of that name from deno.json",
    group: "Sandbox",
  },
  {
    long: "env",
    value: { name: "NAME[=VALUE]" },
    repeatable: true,
    help: "Give workers a variable; without a value, your own",
    group: "Sandbox",
  },
  {
    long: "jobs",
    short: "j",
    value: { name: "N|N%|auto" },
    help: "Worker processes; % of the CPUs [auto: one per CPU]",
    group: "Control",
  },
  {
    long: "chunk",
    value: { name: "N|auto" },
    help: "Records handed to a worker at once [auto: about 50 ms of work]",
    group: "Control",
  },
  {
    long: "timeout",
    value: { name: "TIME|N%" },
    help: "Limit per record: 30s, 500ms, or % of the median so far",
    group: "Control",
  },
  {
    long: "time-budget",
    value: { name: "TIME" },
    help: "Limit of the whole run; then exit code 124",
    group: "Control",
  },
  {
    long: "rate",
    value: { name: "N/s|N/m|N/h" },
    help: "Begin no more records in a second, minute or hour",
    group: "Control",
  },
  {
    long: "load",
    value: { name: "N" },
    help: "Begin nothing while the machine's load average is higher",
    group: "Control",
  },
  {
    long: "memfree",
    value: { name: "SIZE" },
    help: "Begin nothing while less memory is free",
    group: "Control",
  },
  { long: "retries", value: { name: "N" }, help: "More attempts at a record that failed [0]", group: "Control" },
  {
    long: "retry-on",
    value: { name: "REASONS", choices: ["crash", "timeout", "error"] },
    help: "What is tried again [crash,timeout,error]",
    group: "Control",
  },
  {
    long: "halt",
    value: { name: "WHEN,WHAT=N|N%" },
    help: "now|soon,fail|success|done=N: stop before the end",
    group: "Control",
  },
  {
    long: "memory-limit",
    value: { name: "SIZE" },
    help: "End a worker that holds so much more than an idle one",
    group: "Control",
  },
  { long: "max-tasks", value: { name: "N" }, help: "Replace a worker after N records", group: "Control" },
  {
    long: "initializer",
    value: { name: "EXPORT" },
    help: "Call this export once in each worker, before any record",
    group: "Control",
  },
  {
    long: "cluster",
    value: { name: "URL" },
    help: "Run on the agents at redis://HOST:PORT, or postgres://…",
    group: "Other machines",
  },
  {
    long: "secret-file",
    value: { name: "FILE", files: "any" },
    help: "What signs orders and outcomes; the agents have the same",
    group: "Other machines",
  },
  { long: "group", value: { name: "NAME" }, help: "The agents that are meant [default]", group: "Other machines" },
  {
    long: "code-version",
    value: { name: "NAME" },
    help: "Names the function's code, instead of the hash of its files",
    group: "Other machines",
  },
  {
    long: "ca-file",
    value: { name: "FILE", files: "any" },
    help: "The authority of a rediss:// server, in PEM",
    group: "Other machines",
  },
  {
    long: "no-aof-check",
    help: "Use a Redis without append-only file, which loses work in a restart",
    group: "Other machines",
  },
  {
    long: "rejects",
    value: { name: "FILE", files: "any" },
    help: "Describe failed records in FILE (NDJSON) instead of on stderr",
    group: "Failures and resuming",
  },
  {
    long: "joblog",
    value: { name: "FILE", files: "any" },
    help: "Log each finished record, durably (NDJSON)",
    group: "Failures and resuming",
  },
  { long: "resume", help: "Skip what the joblog has", group: "Failures and resuming" },
  {
    long: "resume-failed",
    help: "The same, and run again what failed",
    group: "Failures and resuming",
  },
  {
    long: "force",
    help: "Overwrite; or resume though the input or the function has changed",
    group: "Failures and resuming",
  },
  {
    long: "bar",
    value: { name: "full|off", choices: ["full", "off"] },
    optionalValue: true,
    help: "Progress on stderr; full: a row per worker [if it is a terminal]",
    group: "Progress and reports",
  },
  { long: "total", value: { name: "N" }, help: "Records to expect, for the time left", group: "Progress and reports" },
  {
    long: "dashboard",
    value: { name: "PORT" },
    optionalValue: true,
    help: "Serve a live page of the workers on 127.0.0.1",
    group: "Progress and reports",
  },
  {
    long: "report",
    value: { name: "FILE", files: "any" },
    help: "Write an HTML page about the run",
    group: "Progress and reports",
  },
  {
    long: "events",
    value: { name: "FILE", files: "any" },
    help: "Write all events (NDJSON); see corral report",
    group: "Progress and reports",
  },
  {
    long: "trace",
    value: { name: "FILE", files: "any" },
    help: "Write a Chrome trace, for ui.perfetto.dev",
    group: "Progress and reports",
  },
  { long: "quiet", short: "q", help: "No progress and no summary", group: "Progress and reports" },
  {
    long: "cache",
    help: "Download what the module imports, before the run",
    group: "Other",
  },
  {
    long: "dry-run",
    help: "Show permissions, command line and first records; run nothing",
    group: "Other",
  },
  { long: "help", short: "h", help: "Show this help", group: "Other" },
];
