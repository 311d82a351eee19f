/**
 * What the program was told on its own command line about its modules, so that workers resolve imports as it does.
 *
 * Deno tells a program nothing of its flags. What can be known: which unstable features are on, by what they add to the
 * global scope; and the whole command line, where the system shows it and the program may do everything.
 * See `docs/decisions/resolving.md`.
 */
import { ownProcess } from "../../own_process.ts";
import { certificateFrom, pathFromStart } from "./module_url.ts";
import { isHeldWhole } from "../permissions/permissions.ts";

/** The flags of the program that matter to its workers. */
export interface ProgramFlags {
  /** The path after `--config`; `false` after `--no-config`. */
  readonly config: string | false | undefined;
  /** The path after `--lock`; `false` after `--no-lock`. */
  readonly lock: string | false | undefined;
  /** What workers are given as it is: import map, unstable features, conditions … */
  readonly passedOn: readonly string[];
  /** What workers are given that connect: whom the program trusts. */
  readonly connecting: readonly string[];
}

// By what Deno 2.9 adds for each. The others leave no trace.
const UNSTABLE: readonly [flag: string, isOn: () => boolean][] = [
  ["--unstable-bundle", () => "bundle" in Deno],
  ["--unstable-cron", () => "cron" in Deno],
  ["--unstable-kv", () => "openKv" in Deno],
  ["--unstable-net", () => "listenDatagram" in Deno],
  ["--unstable-webgpu", () => "UnsafeWindowSurface" in Deno],
];

// What runs a program; without any of them, the first argument that is not a flag is the script.
const COMMANDS = ["run", "serve", "eval", "repl", "test", "bench"];
// There, flags may follow the files.
const COMMANDS_WITH_FILES = ["test", "bench"];

// Flags whose value may be the next argument; of others a value follows "=".
const WITH_VALUE = new Set(
  ("-c --config --lock --import-map --importmap --conditions --preload --import --require --location --seed --ext --log-level -L --cert " +
    "--min-dep-age --minimum-dependency-age --node-modules-linker --inspect-publish-uid --host --port")
    .split(" "),
);

// With lazy dynamic imports, the import of a worker's module would no longer be in the static graph, and need a permission.
const PASSED_ON = /^--(node-modules-dir|vendor|sloppy-imports|unstable(-(?!lazy-dynamic-imports$).*)?)$/;

/** The flags of this program, as far as they can be known. Never prompts. */
export function programFlags(): ProgramFlags {
  const found = ownProcess().parent === undefined
    ? parseFlags(ownCommandLine())
    : ofWorker(parseFlags(ownCommandLine()));
  const unstable = UNSTABLE.filter(([, isOn]) => isOn()).map(([flag]) => flag);
  return { ...found, passedOn: [...new Set([...found.passedOn, ...unstable])] };
}

/** Reads a command line of Deno up to what is the program's. Paths become absolute. */
export function parseFlags(args: readonly string[]): ProgramFlags {
  let config: string | false | undefined;
  let lock: string | false | undefined;
  const passedOn: string[] = [];
  const connecting: string[] = [];
  for (const { name, value, text } of readFlags(args.slice(1))) {
    if (name === "-c" || name === "--config") config = value === undefined ? config : pathFromStart(value);
    else if (name === "--no-config") config = false;
    else if (name === "--lock" && value !== undefined) lock = pathFromStart(value);
    else if (name === "--no-lock") lock = false;
    else if (/^--import-?map$/.test(name) && value !== undefined) {
      passedOn.push(`--import-map=${absoluteLocation(value)}`);
    } else if (name === "--conditions" && value !== undefined) passedOn.push(`${name}=${value}`);
    else if (name === "--cert" && value !== undefined) connecting.push(`--cert=${certificateFrom(value)}`);
    else if (name === "--unsafely-ignore-certificate-errors") connecting.push(text);
    else if (PASSED_ON.test(name)) passedOn.push(text);
  }
  return { config, lock, passedOn, connecting };
}

/** The flags for Deno itself, which may also stand in front of its command. */
function* readFlags(args: readonly string[]): Generator<{ name: string; value: string | undefined; text: string }> {
  let command: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const text = args[index]!;
    if (text === "--") return;
    if (!text.startsWith("-") || text === "-") {
      if (command === undefined && COMMANDS.includes(text)) command = text;
      else if (!COMMANDS_WITH_FILES.includes(command!)) return;
      continue;
    }
    const [name, given] = text.startsWith("--") ? splitFlag(text) : splitLetters(text);
    const takesNext = given === undefined && WITH_VALUE.has(name) && !args[index + 1]?.startsWith("-");
    yield { name, value: takesNext ? args[++index] : given, text };
  }
}

/** Letters may stand together, as in `-Ac deno.json`; only the last of them can have a value. */
function splitLetters(text: string): [name: string, value: string | undefined] {
  const [, letter, value] = /^-[^cL=]*([cL])=?(.*)$/s.exec(text) ?? [];
  return letter === undefined ? [text, undefined] : [`-${letter}`, value || undefined];
}

/** What a worker's flags say of its files is about its own module; it was told of them apart. */
function ofWorker({ passedOn, connecting }: ProgramFlags): ProgramFlags {
  return {
    config: undefined,
    lock: undefined,
    connecting,
    passedOn: passedOn.filter((flag) => !flag.startsWith("--node-modules-dir")),
  };
}

function splitFlag(arg: string): [name: string, value: string | undefined] {
  const end = arg.indexOf("=");
  return end < 0 ? [arg, undefined] : [arg.slice(0, end), arg.slice(end + 1)];
}

function absoluteLocation(location: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(location) ? location : pathFromStart(location);
}

function ownCommandLine(): string[] {
  const { os, standalone } = Deno.build;
  if (standalone || os !== "linux" || !isHeldWhole()) return [];
  try {
    return Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}
