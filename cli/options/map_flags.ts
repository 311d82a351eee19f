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
    help: "How the input is read [ndjson]",
    group: "Input and output",
  },
  {
    long: "out",
    value: { name: "FORMAT", choices: ["ndjson", "json", "lines", "raw", "csv"] },
    help: "How results are written [ndjson]",
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
    help: "Resume though the input or the function has changed",
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
    long: "dry-run",
    help: "Show permissions, command line and first records; run nothing",
    group: "Other",
  },
  { long: "help", short: "h", help: "Show this help", group: "Other" },
];
