import type { Flag } from "./flag.ts";
import { UnknownFlagError } from "../errors/unknown_flag_error.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import { UsageError } from "../errors/usage_error.ts";

/** Flags that one may look for, and that are not built: why, and what to do instead. */
const NOT_BUILT: Readonly<Record<string, string>> = {
  "--shuf": "records are read as they come, and never all held; mix them before, like shuf FILE | corral map …",
  "--limit":
    "the input says how many records there are, like head -n N FILE | corral map …; --halt now,done=N ends a run earlier",
  "-n": "several records for one call are --batch N",
  "-A": "workers are granted things by their kind: --allow-read, --allow-net, …, each with a list or for all",
  "--allow-all": "workers are granted things by their kind: --allow-read, --allow-net, …, each with a list or for all",
};

/** What was given on the command line. */
export interface ParsedFlags {
  /** The arguments that are not flags. */
  readonly rest: readonly string[];
  /** Whether a flag was given. */
  has(long: string): boolean;
  /** The last value of a flag. Throws UsageError if it was given without the value it needs. */
  value(long: string): string | undefined;
  /** All values of a flag; "" where it was given without one. */
  values(long: string): readonly string[];
}

/**
 * Reads arguments by a table of flags. Throws UsageError for what is not in it.
 *
 * Written by hand: what is left to do when every flag has its long form is less than a package takes to load in each run.
 */
export function parseFlags(args: readonly string[], flags: readonly Flag[], help = "corral map --help"): ParsedFlags {
  refuseValuesOfSwitches(args, flags);
  const rest: string[] = [];
  const given = new Map<string, string[]>();
  const all = normalized(args, flags, help);
  const end = all.indexOf("--");
  for (const arg of end < 0 ? all : all.slice(0, end)) {
    const [, long, value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const flag = flags.find((one) => one.long === long);
    if (flag !== undefined) given.set(flag.long, [...given.get(flag.long) ?? [], value ?? ""]);
    else if (arg.startsWith("-") && arg !== "-") throw unknownFlag(arg, flags, help);
    else rest.push(arg);
  }
  if (end >= 0) { for (const name of all.slice(end + 1)) rest.push(name); }
  const values = (long: string): readonly string[] => given.get(long) ?? [];
  return {
    rest,
    has: (long) => given.has(long),
    values,
    value(long) {
      const value = values(long).at(-1);
      if (value !== "") return value;
      throw new UsageError(`Cannot read --${long}: it has no value, wanted --${long}=${valueName(long, flags)}`);
    },
  };
}

/** The file that a flag names. Elsewhere `-` is a stream: no file is called so by mistake. */
export function writtenFile(flags: ParsedFlags, long: string): string | undefined {
  const path = flags.value(long);
  if (path !== "-") return path;
  throw new UsageError(`Cannot write "-" as --${long}: a file is wanted, ./- for one that is called so`);
}

/** A switch has no value: `--quiet=0` would be read as `--quiet`. */
function refuseValuesOfSwitches(args: readonly string[], flags: readonly Flag[]): void {
  const end = args.indexOf("--");
  for (const arg of end < 0 ? args : args.slice(0, end)) {
    const [, name] = /^--(?:no-)?([^=]+)=/.exec(arg) ?? [];
    if (
      name !== undefined &&
      flags.some(({ long, value }) => value === undefined && (long === name || arg.startsWith(`--${long}=`)))
    ) {
      throw new UsageError(`Cannot read ${nameForPeople(arg)}: it is a switch and takes no value`);
    }
  }
}

/** Writes every flag in its long form, and a "=" where a value may follow but need not. */
function normalized(args: readonly string[], flags: readonly Flag[], help: string): string[] {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const all: string[] = [];
  for (let at = 0; at < own.length; at++) {
    const arg = longForm(own[at]!, flags, help);
    if (arg.startsWith("--") && !isKnown(arg, flags)) throw unknownFlag(arg, flags, help);
    refuseEmptyValue(arg, flags);
    const flag = flags.find(({ long }) => arg === `--${long}`);
    if (flag?.value === undefined) all.push(arg);
    else if (flag.optionalValue) all.push(`${arg}=`);
    else all.push(`${arg}=${valueBehind(arg, own[++at] ?? "", flags)}`);
  }
  return [...all, ...end < 0 ? [] : args.slice(end)];
}

/** Alone, such a flag means everything: `--allow-read=$FOLDER` without that variable must not. */
function refuseEmptyValue(arg: string, flags: readonly Flag[]): void {
  const flag = flags.find(({ long, optionalValue }) => optionalValue && arg === `--${long}=`);
  if (flag === undefined) return;
  const { long, value } = flag;
  throw new UsageError(`Cannot read ${arg}: its value is empty, wanted --${long}=${value!.name}, or --${long} alone`);
}

/**
 * The value may look like a flag, for example "-1" or an arrow function behind a minus. One that is a flag stands there because the value is
 * missing, as in `-o $OUT --resume` without that variable.
 */
function valueBehind(arg: string, value: string, flags: readonly Flag[]): string {
  const name = value.replace(/^(--[^=]+)=.*$/s, "$1");
  if (!flags.some(({ long, short }) => name === `--${long}` || (short !== undefined && name === `-${short}`))) {
    return value;
  }
  throw new UsageError(
    `Cannot read ${arg}: it has no value, ${name} is a flag; ${arg}=${nameForPeople(value)} says that it is meant`,
  );
}

function isKnown(arg: string, flags: readonly Flag[]): boolean {
  const name = arg.slice(2).replace(/=.*$/s, "");
  return flags.some(({ long, value }) => long === name || (value === undefined && name === `no-${long}`));
}

function longForm(arg: string, flags: readonly Flag[], help: string): string {
  const [, short, value] = /^-([A-Za-z])(.*)$/s.exec(arg) ?? [];
  const flag = flags.find((one) => one.short !== undefined && one.short === short);
  if (flag === undefined) return arg;
  if (value === "") return `--${flag.long}`;
  if (flag.value === undefined) throw unknownFlag(arg, flags, help);
  return `--${flag.long}=${value!.replace(/^=/, "")}`;
}

function unknownFlag(arg: string, flags: readonly Flag[], help: string): UsageError {
  const name = arg.replace(/=.*$/s, "");
  if (Object.hasOwn(NOT_BUILT, name)) return new UsageError(`Cannot use ${name}: ${NOT_BUILT[name]}`);
  const known = flags.flatMap(({ long, short }) => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])]);
  return new UnknownFlagError(name, known, help);
}

function valueName(long: string, flags: readonly Flag[]): string {
  return flags.find((flag) => flag.long === long)?.value?.name ?? "VALUE";
}
