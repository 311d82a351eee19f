/** What the command says when it cannot run. Loaded only then, with what it takes to say so. */
import { CliError } from "../errors/cli_error.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import { withOwnPlaces } from "../runner/inline_text.ts";
import { NO_FUNCTION } from "../runner/protocol.ts";
import { UnknownFlagError } from "../errors/unknown_flag_error.ts";
import { inOwnWords } from "./own_words.ts";

/** What is told of an error that ends the command. The user's module may be at fault: then the place in it counts. */
export async function describeError(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UnknownFlagError) return await withNearest(error);
  const message = withOwnPlaces(inOwnWords(error.message));
  if (error instanceof CliError || error.name === NO_FUNCTION) return message;
  const library = await import("@corral/multiprocessing/pool");
  if (COMPLETE.some((name) => error instanceof library[name])) return message;
  const frame = error.stack?.split("\n").find((line) => /^\s+at .*(file|https?):/.test(line) && !line.includes(OWN));
  // What Deno 2.9.6 says of a module that it cannot read has the name of the true error in it.
  const told = /^\w*Error: /.test(message) ? message : `${error.name}: ${message}`;
  return frame === undefined || told.includes(frame.trim()) ? told : `${told}\n${frame}`;
}

/** The library's errors whose message says all: what cannot be done, and what is wanted. */
const COMPLETE = [
  "EncodingError",
  "FunctionNotFoundError",
  "PayloadTooLargeError",
  "PermissionError",
  "PoolClosedError",
  "WorkerStartError",
] as const;

/** What a pool, or another tool, calls the same. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  "--workers": "--jobs",
  "--worker": "--jobs",
  "--num-workers": "--jobs",
  "--threads": "--jobs",
  "--max-workers": "--jobs",
  "--processes": "--jobs",
  "--max-procs": "--jobs",
  "--chunk-size": "--chunk",
  "--chunksize": "--chunk",
  "--max-tasks-per-child": "--max-tasks",
  "--task-timeout": "--timeout",
  "--start-timeout": "--time-budget",
  "--init": "--initializer",
};

async function withNearest({ message, statement, flag, known }: UnknownFlagError): Promise<string> {
  if (flag.length <= 2) return message;
  const { nearestOf } = await import("./nearest_of.ts");
  const other = Object.hasOwn(OTHER_NAMES, flag) ? OTHER_NAMES[flag]! : "";
  const near = known.includes(other) ? other : nearestOf(flag, known, Math.max(2, flag.length / 3));
  if (near === undefined && flag.includes(".")) return `${message}; a file of that name is ./${nameForPeople(flag)}`;
  return near === undefined ? message : `${statement}, did you mean ${near}?`;
}

const OWN = new URL("../", import.meta.url).href;
