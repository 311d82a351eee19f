/** No file that a run writes is one that it reads, or is written as something else, too. */

import { nameForPeople } from "../errors/foreign_text.ts";
import { UsageError } from "../errors/usage_error.ts";
import type { CliMapOptions } from "./cli_map_options.ts";

/** The files that a run writes, each with the flag that names it. */
export function filesOf(
  { outputFile, joblog, rejects, events, report, trace }: CliMapOptions,
): readonly (readonly [flag: string, path: string])[] {
  const named = Object.entries({ output: outputFile, joblog, rejects, events, report, trace });
  return named.filter((entry): entry is [string, string] => entry[1] !== undefined);
}

/** Of files with names. A file that is written must be no input, not the function's module, and not be written as something else, too. */
export function requireDistinctFiles(options: CliMapOptions): void {
  const flags = new Map<string, string>();
  for (const [flag, path] of filesOf(options)) {
    const identity = fileIdentity(path);
    if (identity === undefined) continue;
    if (options.files.some((file) => file !== "-" && fileIdentity(file) === identity)) {
      throw new UsageError(`Cannot write ${nameForPeople(path)}: it is also an input, wanted another --${flag}`);
    }
    const { secretFile, caFile } = options.cluster ?? {};
    for (const [name, file] of [["secret", secretFile], ["ca", caFile]]) {
      if (file === undefined || fileIdentity(file) !== identity) continue;
      throw new UsageError(
        `Cannot write ${nameForPeople(path)}: it is the file of --${name}-file, wanted another --${flag}`,
      );
    }
    if (isModule(options, identity)) {
      throw new UsageError(
        `Cannot write ${nameForPeople(path)}: it is the module of the function, wanted another --${flag}`,
      );
    }
    const other = flags.get(identity);
    if (other !== undefined) {
      throw new UsageError(
        `Cannot write ${nameForPeople(path)}: it is wanted for --${other} and for --${flag}, wanted two files`,
      );
    }
    flags.set(identity, flag);
  }
}

/** Whether two names lead to one file, which is there or not. */
export function isSameFile(one: string, other: string): boolean {
  const identity = fileIdentity(one);
  return identity !== undefined && identity === fileIdentity(other);
}

function isModule({ module }: CliMapOptions, identity: string): boolean {
  return module.protocol === "file:" && fileIdentity(module) === identity;
}

/**
 * Throws UsageError if a file that is written is the one on stdin, on stdout or on stderr, or if results go to a stdout that is a file that is
 * read: `corral map … f >> f` doubles what it reads, or reads its own results without end.
 */
export function requireForeignStandardFiles(options: CliMapOptions): void {
  const readsStdin = options.files.length === 0 || options.files.includes("-");
  const stdin = readsStdin ? standardIdentity("stdin") : undefined;
  for (const [flag, path] of stdin === undefined ? [] : filesOf(options)) {
    if (fileIdentity(path) !== stdin) continue;
    throw new UsageError(
      `Cannot write ${nameForPeople(path)}: it is also the input on stdin, wanted another --${flag}`,
    );
  }
  requireOtherThanStreams(options);
  const stdout = options.outputFile === undefined ? standardIdentity("stdout") : undefined;
  if (stdout === undefined) return;
  const input = stdout === stdin ? "-" : options.files.find((file) => file !== "-" && fileIdentity(file) === stdout);
  if (input !== undefined) {
    throw new UsageError(
      `Cannot write to stdout: it is the file that is also the input ${nameForPeople(input)}, wanted another file`,
    );
  }
}

/**
 * A file that is opened by its name is written from its beginning, and a stream goes on where it stands, as does who writes there next: each writes
 * over what the other wrote. So it is with `/dev/stdout` and `/dev/stderr`, where those lead to a file.
 */
function requireOtherThanStreams(options: CliMapOptions): void {
  const files = filesOf(options);
  if (files.length === 0) return;
  for (const stream of ["stdout", "stderr"] as const) {
    const identity = standardIdentity(stream);
    if (identity === undefined) continue;
    const file = files.find(([, path]) => fileIdentity(path) === identity);
    if (file === undefined) continue;
    const [flag, path] = file;
    if (stream === "stderr" || options.outputFile === undefined) {
      throw new UsageError(`Cannot write to ${stream}: it is also the file of --${flag}, wanted two files`);
    }
    const wanted = flag === "output" ? "no --output, or another file" : `another --${flag}`;
    throw new UsageError(`Cannot write ${nameForPeople(path)}: it is also the file that stdout is, wanted ${wanted}`);
  }
}

/**
 * What tells files apart whatever they are called: links of both kinds lead to one file. Nothing of devices and pipes: a
 * terminal may be read and written.
 */
function fileIdentity(path: string | URL): string | undefined {
  try {
    const { isFile, dev, ino } = Deno.statSync(path);
    if (!isFile) return undefined;
    return ino ? `${dev}:${ino}` : Deno.realPathSync(path);
  } catch {
    // A module that is not there is nobody's file.
    return typeof path === "string" ? placeOf(path) : undefined;
  }
}

/** As many links may lead to a file as Linux follows. */
const MAX_LINKS = 40;

/** Where a file would be made that is not there yet: links may lead to it. */
function placeOf(path: string): string {
  const { resolve, basename } = nodePath();
  let place = resolve(realFolder(path), basename(path));
  for (let links = 0; links < MAX_LINKS; links++) {
    let target: string;
    try {
      target = resolve(realFolder(place), Deno.readLinkSync(place));
    } catch {
      break;
    }
    place = resolve(realFolder(target), basename(target));
  }
  return place;
}

/** The folder of a file that is not there yet. */
function realFolder(path: string): string {
  const { resolve, dirname } = nodePath();
  try {
    return Deno.realPathSync(dirname(resolve(path)));
  } catch {
    return dirname(resolve(path));
  }
}

/** Late: only runs that write a file that is not there yet want it, and it takes a while to load. */
function nodePath(): {
  resolve(...parts: string[]): string;
  basename(path: string): string;
  dirname(path: string): string;
} {
  return process.getBuiltinModule("node:path");
}

type StandardStream = "stdin" | "stdout" | "stderr";

const DESCRIPTORS: Readonly<Record<StandardStream, number>> = { stdin: 0, stdout: 1, stderr: 2 };

/** The same of a stream, which has no name. */
function standardIdentity(stream: StandardStream): string | undefined {
  const { isFile, dev, ino } = standardStat(stream);
  return isFile && ino ? `${dev}:${ino}` : undefined;
}

function standardStat(stream: StandardStream): { isFile: boolean; dev: number; ino: number | null } {
  try {
    return Deno.statSync(`/dev/${stream}`);
  } catch {
    // Not with fewer permissions than all, nor on Windows. Late: it takes a while to load.
    const { fstatSync } = process.getBuiltinModule("node:fs");
    const stats = fstatSync(DESCRIPTORS[stream]);
    return { isFile: stats.isFile(), dev: stats.dev, ino: stats.ino };
  }
}
