/**
 * Stand-in for the part of `jsr:@std/cli` that corral uses, over minimist, whose semantics `parseArgs` has.
 *
 * @module
 */

// @ts-types="npm:@types/minimist@1.2.5"
import minimist from "minimist";

/** What {@link parseArgs} returns: the flags by name, and the other arguments under `_`. */
export type Args<
  B extends string = never,
  S extends string = never,
  C extends string = never,
  D extends object = Record<never, never>,
> =
  & Record<string, unknown>
  & { [K in Exclude<B, C>]: boolean }
  & { [K in Exclude<S, C | keyof D>]?: string }
  & { [K in Exclude<S & keyof D, C>]: string | D[K] }
  & { [K in Extract<S, C>]: string[] }
  & { _: (string | number)[]; "--"?: string[] };

/** How {@link parseArgs} reads the flags. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
  D extends object = Record<string, unknown>,
> {
  /** Flags that are always booleans, `false` when not given. */
  boolean?: B | readonly B[];
  /** Flags that are always strings. */
  string?: S | readonly S[];
  /** Flags that may be repeated, and are always arrays. Of any other flag the last one counts. */
  collect?: C | readonly C[];
  /** Flags that `--no-<flag>` sets to `false`. */
  negatable?: string | readonly string[];
  /** Values of flags that are not given. */
  default?: D;
  /** Other names of flags. */
  alias?: Record<string, string | readonly string[]>;
  /** Whether everything after the first argument that is not a flag goes to `_`. @default {false} */
  stopEarly?: boolean;
  /** Whether everything after `--` goes to `"--"` instead of `_`. @default {false} */
  "--"?: boolean;
  /** Called for every argument that is not declared; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Reads command-line arguments into flags and the rest. */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
  D extends object = Record<never, never>,
>(args: string[], options: ParseOptions<B, S, C, D> = {}): Args<B, S, C, D> {
  const { collect = [], negatable = [], boolean = [], string = [], unknown, ...rest } = options;
  const defaults: Record<string, unknown> = { ...options.default };
  const alias = options.alias ?? {};
  const namesOf = (key: string) =>
    Object.entries(alias).map(([name, others]) => [name, ...list(others)]).find((names) => names.includes(key)) ??
      [key];
  const collected = new Set(list(collect).flatMap(namesOf));
  const negated = new Set(list(negatable).flatMap(namesOf));

  // minimist negates every flag; here "--no-x" is a flag of its own unless x is negatable.
  const plainNo: string[] = [];
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const given = args.map((arg, at) => {
    if (at >= end || !arg.startsWith("--no-") || arg.includes("=") || negated.has(arg.slice(5))) return arg;
    plainNo.push(arg.slice(2));
    return `${arg}=true`;
  });

  const parsed: Record<string, unknown> = minimist(given, {
    ...rest,
    alias: alias as Record<string, string[]>,
    boolean: [...list(boolean), ...(unknown ? [] : plainNo)],
    string: [...list(string)],
    ...(unknown && {
      unknown(arg: string) {
        const flag = /^-{1,2}([^=]+)(?:=(.*))?$/s.exec(arg);
        if (!flag) return unknown(arg) !== false;
        const plain = plainNo.includes(flag[1]!);
        return unknown(plain ? `--${flag[1]}` : arg, flag[1], plain ? true : flag[2] ?? true) !== false;
      },
    }),
  });
  for (const [key, value] of Object.entries(parsed)) {
    if (key === "_" || key === "--") continue;
    if (collected.has(key)) parsed[key] = Array.isArray(value) ? value : [value];
    else if (Array.isArray(value) && value !== defaults[key]) parsed[key] = value.at(-1);
    else if (plainNo.includes(key) && value === "true") parsed[key] = true;
  }
  for (const key of collected) parsed[key] ??= [];
  return parsed as Args<B, S, C, D>;
}

function list<T extends string>(value: T | readonly T[]): readonly T[] {
  return typeof value === "string" ? [value] : value;
}
