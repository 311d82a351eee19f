import { withAdvice } from "./advice.ts";
import { firstRawNumber } from "./exact_json.ts";
import { withOwnPlaces } from "./inline_text.ts";
import type { ErrorText } from "./protocol.ts";

const MAX_MESSAGE = 2000;
const MAX_STACK = 4000;
const MAX_CAUSES = 5;
const MAX_ERRORS = 10;
/** The runner goes to workers as the text of a function of this name; see `cli/run/runner_function.ts`. */
const OWN_FRAME = "task-source:corralMap";

/** Describes what a function threw. Frames of corral are left out; code of `-e` is called that. */
export function describeError(error: unknown, isUntrusted: boolean): ErrorText {
  try {
    return described(error, isUntrusted);
  } catch {
    // Looking at it may run code: that of a getter, or of a proxy.
    return { name: "Error", message: "threw something that cannot be looked at without another error" };
  }
}

function described(error: unknown, isUntrusted: boolean): ErrorText {
  if (!(error instanceof Error)) return { name: "Error", message: `threw ${shortened(inspect(error), MAX_MESSAGE)}` };
  const stack = shortened(stackText(error), MAX_STACK);
  return {
    name: shortened(String(error.name), MAX_MESSAGE),
    message: shortened(withAdvice(String(error.message), stack, isUntrusted), MAX_MESSAGE),
    ...(stack === "" ? {} : { stack }),
  };
}

function stackText(error: Error): string {
  const parts = [ownFrames(error), ...gathered(error)];
  for (let cause = error.cause, depth = 0; cause !== undefined && depth < MAX_CAUSES; depth++) {
    parts.push(`Caused by: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : inspect(cause)}`);
    if (!(cause instanceof Error)) break;
    parts.push(ownFrames(cause));
    cause = cause.cause;
  }
  return parts.filter((part) => part !== "").join("\n");
}

/** What an error has gathered, as that of `Promise.any()` does: its own message does not say why. */
function gathered(error: Error): string[] {
  if (!(error instanceof AggregateError) || !Array.isArray(error.errors)) return [];
  const told = error.errors.slice(0, MAX_ERRORS)
    .map((one) => `One of them: ${one instanceof Error ? `${one.name}: ${one.message}` : inspect(one)}`);
  const more = error.errors.length - told.length;
  return more > 0 ? [...told, `and ${more} more`] : told;
}

/** The frames down to the function that was called. Below it stand the runner, and the library that runs the runner. */
function ownFrames({ stack }: Error): string {
  const frames = String(stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const end = frames.findIndex((line) => line.includes(OWN_FRAME));
  return frames.slice(0, end < 0 ? undefined : end).filter((line) => !isForeign(line)).map(withOwnPlaces).join("\n");
}

function isForeign(line: string): boolean {
  return line.includes("ext:") || line.includes("data:text/javascript");
}

function inspect(value: unknown): string {
  return Deno.inspect(value, { depth: 3, strAbbreviateSize: 500 });
}

function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}

/** Describes why something is not a record. */
export function describeInvalid(error: unknown): ErrorText {
  return { name: "InvalidRecord", message: (error as Error).message };
}

/** A function that reckons with a number that JavaScript does not hold fails with words that do not lead there. */
export function withNumberHint(error: ErrorText, record: unknown): ErrorText {
  const raw = error.name === "TypeError" ? firstRawNumber(record) : undefined;
  if (raw === undefined) return error;
  const hint =
    `the record has ${raw}, a number that JavaScript does not hold: pass it on as it is, or quote it in the input`;
  return { ...error, message: `${error.message} (${hint})` };
}
