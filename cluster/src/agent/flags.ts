/** The command line of `corral-agent`. The names are those of `corral map` wherever they mean the same. */
import { checkCodeVersion } from "../message/code_name.ts";
import { MOST_LANES } from "../message/presence.ts";
import { checkGroup } from "../names.ts";
import { type AgentHost, OWN_HOST } from "./host.ts";

/** A mistake on the command line. */
export class UsageError extends Error {
  /** Always the class's own name. */
  override name = "UsageError";
}

/** What was asked for. */
export interface AgentFlags {
  /** Exactly one of the two is given. */
  readonly redis: string | undefined;
  readonly postgres: string | undefined;
  readonly secretFile: string;
  /** A path or URL. */
  readonly module: string | undefined;
  readonly group: string;
  readonly name: string | undefined;
  readonly jobs: number | undefined;
  readonly concurrency: number;
  readonly codeVersion: string | undefined;
  readonly permissions: Deno.PermissionOptionsObject | "none";
  readonly deny: Deno.PermissionOptionsObject;
  readonly env: Record<string, string>;
  readonly memoryLimitMiB: number | undefined;
  readonly init: string | undefined;
  readonly allowInline: boolean;
  readonly trace: boolean;
  readonly drainMs: number;
  readonly lockMs: number;
  readonly leaseMs: number;
  readonly resultTtlMs: number;
  readonly aofCheck: boolean;
  readonly caFile: string | undefined;
}

/** The least that a pool takes. */
const SMALLEST_MEMORY_MIB = 16;

const KINDS = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;

interface FlagKind {
  /** What follows; nothing for a switch. In brackets when it may be left out. */
  readonly value?: string;
  readonly help: string;
}

/** All flags, for reading and for help. */
const FLAGS: Readonly<Record<string, FlagKind>> = {
  redis: { value: "URL", help: "Redis: redis://host:6379 or rediss://host:6379" },
  postgres: { value: "URL", help: "PostgreSQL in place of Redis: postgres://user@host:5432/database" },
  "secret-file": { value: "FILE", help: "What signs orders and outcomes; clients need the same" },
  group: { value: "NAME", help: "Whose tasks it takes [default]" },
  name: { value: "NAME", help: "What it is called [this machine's name and the process id]" },
  jobs: { value: "N|N%|auto", help: "Worker processes [auto: one per CPU]" },
  concurrency: { value: "N", help: "Tasks in each of them at once [1]" },
  "code-version": {
    value: "NAME",
    help: "Names the code, with the file of the module, instead of the hash of its files, such as a git commit",
  },
  env: { value: "NAME[=VALUE]", help: "Give workers a variable; can be repeated" },
  "memory-limit": { value: "MIB", help: "Memory limit of each worker" },
  init: { value: "EXPORT", help: "An export that each worker runs first" },
  "allow-inline": { help: "Also run functions that are sent as text" },
  trace: { help: "Report what tasks trace with OpenTelemetry to the programs that called them" },
  drain: { value: "TIME", help: "How long running tasks can go on after SIGTERM [30s]" },
  lock: { value: "TIME", help: "How long it can be silent before its tasks are given to others [10s]" },
  lease: { value: "TIME", help: "How long it can be silent before it is taken for gone [15s]" },
  "result-ttl": { value: "TIME", help: "How long the server keeps values that nobody took [1h]" },
  "no-aof-check": { help: "Serve a Redis without append-only file, which loses tasks in a restart" },
  "ca-file": { value: "FILE", help: "The authority of a server that speaks TLS, in PEM" },
  ...Object.fromEntries(KINDS.flatMap((kind): [string, FlagKind][] => [
    [`allow-${kind}`, { value: `[${kind.toUpperCase()}]`, help: `Let workers use ${kind}` }],
    [`deny-${kind}`, { value: `[${kind.toUpperCase()}]`, help: `Deny ${kind}, also where it is allowed` }],
  ])),
  help: { help: "Print this" },
};

type Host = Pick<AgentHost, "command" | "purpose" | "without">;

/** The text of `--help`. */
export function agentHelp({ command, purpose, without }: Host = OWN_HOST): string {
  const lines = Object.entries(FLAGS).filter(([name]) => !without.includes(name)).map(([name, { value, help }]) =>
    `  ${
      `--${name}${value === undefined ? "" : value.startsWith("[") ? `[=${value.slice(1)}` : ` ${value}`}`.padEnd(28)
    }${help}`
  );
  return [
    purpose,
    "",
    `Usage: ${command} --redis URL | --postgres URL --secret-file FILE [flags] MODULE`,
    "",
    "Workers can do what the --allow flags say, and nothing else; no task can ask for more.",
    "",
    ...lines,
    "",
    "SIGTERM and SIGINT: take no more tasks, end when those that run have ended; the second time at once.",
  ].join("\n");
}

/** Reads a command line. Throws UsageError. Returns nothing when only help is wanted. */
export function readAgentFlags(
  args: readonly string[],
  variable: (name: string) => string | undefined,
  { command, without }: Host = OWN_HOST,
): AgentFlags | undefined {
  const { values, rest } = split(args, command);
  const strange = without.find((name) => values.has(name));
  if (strange !== undefined) throw new UsageError(`Cannot use --${strange}: it has no meaning for ${command}`);
  if (values.has("help")) return undefined;
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  if (rest.length > 1) {
    throw new UsageError(
      `Cannot serve ${rest.length} modules (${rest.join(", ")}): one is wanted; start one agent for each; ` +
        `what --allow-net and the like are limited to stands behind a "=", as in --allow-net=example.com`,
    );
  }
  const version = last("code-version");
  const workers = jobs(last("jobs") ?? "auto");
  const concurrency = wholeNumber("concurrency", last("concurrency") ?? "1");
  const lanes = (workers ?? navigator.hardwareConcurrency) * concurrency;
  if (lanes > MOST_LANES) {
    throw new UsageError(`Cannot run ${lanes} tasks at once: --jobs times --concurrency is at most ${MOST_LANES}`);
  }
  return {
    ...server(last("redis"), last("postgres")),
    secretFile: required(last("secret-file"), "secret-file", "cluster.key"),
    module: rest[0],
    group: usage(() => checkGroup(last("group") ?? "default")),
    name: last("name"),
    jobs: workers,
    concurrency,
    codeVersion: usage(() => version === undefined ? undefined : checkCodeVersion(version, "--code-version")),
    permissions: rules("allow", values) ?? "none",
    deny: rules("deny", values) ?? {},
    env: Object.fromEntries((values.get("env") ?? []).map((text) => envEntry(text, variable))),
    memoryLimitMiB: values.has("memory-limit") ? mebibytes("memory-limit", last("memory-limit")!) : undefined,
    init: last("init"),
    allowInline: values.has("allow-inline"),
    trace: values.has("trace"),
    drainMs: duration("drain", last("drain") ?? "30s"),
    lockMs: duration("lock", last("lock") ?? "10s"),
    leaseMs: duration("lease", last("lease") ?? "15s"),
    resultTtlMs: duration("result-ttl", last("result-ttl") ?? "1h"),
    aofCheck: !values.has("no-aof-check"),
    caFile: last("ca-file"),
  };
}

/** A value of `--allow-*` and the like follows "=" only: without one it means everything. */
function split(args: readonly string[], command: string): { values: Map<string, string[]>; rest: string[] } {
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "-h") values.set("help", [""]);
    else if (!arg.startsWith("-") || arg === "-") rest.push(arg);
    else {
      const [, name = "", given] = /^--([^=]+)(?:=([^]*))?$/.exec(longForm(arg)) ?? [];
      const kind = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
      if (kind === undefined) {
        throw new UsageError(`Cannot read ${arg}: there is no such flag, see ${command} --help`);
      }
      if (kind.value === undefined && given !== undefined) {
        throw new UsageError(`Cannot read ${arg}: it is a switch and takes no value`);
      }
      const follows = kind.value !== undefined && !kind.value.startsWith("[");
      // Alone it means everything: `--allow-read=$FOLDER` without that variable must not.
      if (!follows && given === "") {
        throw new UsageError(
          `Cannot read ${arg}: its value is empty, wanted --${name}=${kind.value!.slice(1, -1)}, or --${name} alone`,
        );
      }
      const value = given ?? (follows ? valueBehind(name, args[++at]) : "");
      if (value === undefined || (follows && value === "")) {
        throw new UsageError(`Cannot read --${name}: it has no value, wanted --${name} ${kind.value}`);
      }
      values.set(name, [...values.get(name) ?? [], value]);
    }
  }
  return { values, rest };
}

function longForm(arg: string): string {
  return arg.replace(/^-j=?(?=.)/, "--jobs=").replace(/^-j$/, "--jobs");
}

/** A flag stands there because the value is missing, as in `--group $GROUP --trace` without that variable. */
function valueBehind(name: string, value: string | undefined): string | undefined {
  const [, flag = ""] = /^--([^=]+)/.exec(longForm(value ?? "")) ?? [];
  if (!Object.hasOwn(FLAGS, flag)) return value;
  throw new UsageError(
    `Cannot read --${name}: it has no value, --${flag} is a flag; --${name}=${value} says that it is meant`,
  );
}

function rules(verb: "allow" | "deny", values: Map<string, string[]>): Deno.PermissionOptionsObject | undefined {
  const found = KINDS.flatMap((kind): [string, true | string[]][] => {
    const given = values.get(`${verb}-${kind}`);
    if (given === undefined) return [];
    return [[kind, given.includes("") ? true : given.flatMap((text) => text.split(","))]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function jobs(text: string): number | undefined {
  if (text === "auto") return undefined;
  const [, share] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  if (share === undefined) return wholeNumber("jobs", text);
  return Math.max(1, Math.round(navigator.hardwareConcurrency * Number(share) / 100));
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && Number.isSafeInteger(number)) return number;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --${flag}: a whole number of at least 1 is wanted`);
}

function mebibytes(flag: string, text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= SMALLEST_MEMORY_MIB && Number.isSafeInteger(Number(text))) {
    return Number(text);
  }
  throw new UsageError(
    `Cannot use ${JSON.stringify(text)} as --${flag}: a whole number of MiB is wanted, at least ${SMALLEST_MEMORY_MIB}`,
  );
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

function duration(flag: string, text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * UNITS[unit]!;
  // BullMQ takes no fraction of a millisecond.
  if (ms > 0 && ms < 2 ** 31) return Math.ceil(ms);
  throw new UsageError(
    `Cannot use ${JSON.stringify(text)} as --${flag}: a time like 500ms, 30s, 5m or 2h is wanted, less than 596h`,
  );
}

function envEntry(text: string, variable: (name: string) => string | undefined): [string, string] {
  const [, name = "", value] = /^([^=]+)(?:=([^]*))?$/.exec(text) ?? [];
  const found = value ?? variable(name);
  if (name !== "" && found !== undefined) return [name, found];
  throw new UsageError(
    `Cannot give workers the variable ${JSON.stringify(text)}: it is not set here, wanted --env NAME=VALUE`,
  );
}

function server(redis: string | undefined, postgres: string | undefined): Pick<AgentFlags, "redis" | "postgres"> {
  if (redis !== undefined && postgres !== undefined) {
    throw new UsageError("Cannot start: --redis and --postgres are given, one is wanted");
  }
  if (postgres === undefined) required(redis, "redis", "redis://10.0.0.5:6379");
  return { redis, postgres };
}

function required(value: string | undefined, flag: string, example: string): string {
  if (value !== undefined) return value;
  throw new UsageError(`Cannot start: --${flag} is missing, for example --${flag} ${example}`);
}

/** A host has an error of that name of its own. */
function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** What checks a value says so in errors of its own: of a flag's value, they are mistakes on the command line. */
export function usage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    const isMistake = error instanceof TypeError || error instanceof RangeError || nameOf(error) === "UsageError";
    throw isMistake ? new UsageError((error as Error).message) : error;
  }
}
