/** Errors that name what the caller gave, where something else was made of that and sent. */
import { EncodingError } from "../errors.ts";
import { formatStep, type Step } from "../wire/codec/value_path.ts";
import { movedTo, notSending } from "../wire/unsendable.ts";

/**
 * Does what sends something that was made of what the caller gave.
 *
 * @param placeOf Where in that a path leads.
 * @param what What it is, when it was no argument.
 */
export async function namingGiven<R>(
  placeOf: (path: string) => string,
  send: () => Promise<R>,
  what?: string,
): Promise<R> {
  try {
    return await send();
  } catch (error) {
    const named = naming(placeOf, error);
    throw what !== undefined && named instanceof EncodingError ? notSending(what, named) : named;
  }
}

/** Does the same now. */
export function namingGivenNow<R>(placeOf: (path: string) => string, take: () => R): R {
  try {
    return take();
  } catch (error) {
    throw naming(placeOf, error);
  }
}

function naming(placeOf: (path: string) => string, error: unknown): unknown {
  if (!(error instanceof EncodingError)) return error;
  const place = placeOf(error.path);
  return place === error.path ? error : movedTo(place, error);
}

/** Where a path leads in what entries were made of: the path leads through a list of them, which stands at `at`. */
export function placeInEntries(
  path: string,
  at: string,
  given: object,
  entries: readonly (readonly unknown[])[],
): string {
  const [, index, side, rest] = path.slice(at.length).match(/^\[(\d+)\]\[([01])\](.*)$/su) ?? [];
  if (index === undefined || (Symbol.iterator in given && !(given instanceof Map))) return path;
  const key = entries[Number(index)]![0];
  return at + formatStep(given instanceof Map ? stepInMap(key, index, side === "0") : String(key)) + rest;
}

function stepInMap(key: unknown, index: string, isKey: boolean): Step {
  if (isKey) return { expression: `.keys()[${index}]` };
  return { expression: typeof key === "string" ? `.get(${JSON.stringify(key)})` : `.values()[${index}]` };
}
