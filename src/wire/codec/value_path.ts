/** The way to a part of a value, and the error for what cannot travel there. */
import { EncodingError } from "../../errors.ts";
import { see } from "../../troubles.ts";

/** One step from the value to a part of it: an index, a key, or an expression such as `.keys()[0]`. */
export type Step = number | string | { readonly expression: string };

/** Why something cannot travel that threw when it was looked at. */
export const UNREADABLE = "an object that cannot be read, such as a Proxy of a Map, only data can travel, send a copy";

/** A path, for example `$.rows[3].when`. */
export function pathOf(steps: readonly Step[]): string {
  let path = "$";
  for (const step of steps) path += formatStep(step);
  return path;
}

/** So much of a path stands in a message. */
const MAX_PATH_UNITS = 200;

/** A path as a message shows it: its beginning and its end, when it is long. */
function shownPath(path: string): string {
  if (path.length <= MAX_PATH_UNITS) return path;
  const half = MAX_PATH_UNITS / 2;
  return `${path.slice(0, half)}…${path.slice(-half)}`;
}

/** The same error for a value that stands elsewhere: what was encoded is not what its sender gave, but made of it. */
export function movedTo(path: string, { message, path: encodedPath, cause }: EncodingError): EncodingError {
  const moved = message.replace(shownPath(encodedPath), () => shownPath(path));
  return new EncodingError(moved, path, causeOption(cause));
}

/** The same error, which says what it is whose part cannot travel. */
export function notSending(value: string, { message, path, cause }: EncodingError): EncodingError {
  return new EncodingError(message.replace("Cannot send ", `Cannot send ${value}: `), path, causeOption(cause));
}

/** A step as it stands in a path. */
export function formatStep(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "object") return step.expression;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The error for a value that cannot travel. */
export function encodingError(path: string, detail: string, cause?: unknown): EncodingError {
  return new EncodingError(
    `Cannot send ${shownPath(path)}: ${detail}${see("data")}`,
    path,
    causeOption(cause),
  );
}

/** No cause is no property: one that is `undefined` would be printed with the error. */
function causeOption(cause: unknown): ErrorOptions | undefined {
  return cause === undefined ? undefined : { cause };
}
