/** Reads the event file of a run. */

import { InputError, reasonOf } from "../../errors/cli_error.ts";
import { nameForPeople } from "../../errors/foreign_text.ts";
import { TextLineStream } from "@std/streams";
import type { RunEvent } from "../../records/run_events.ts";

/** The numbers that a report reckons with. A file may have been made by anybody. */
const NUMBERS: Partial<Record<string, readonly string[]>> = {
  start: ["startedAt", "jobs"],
  input: ["at", "records", "bytes"],
  worker: ["at", "slot", "pid"],
  record: ["sequence", "slot", "startedAt", "durationMs", "results"],
  retry: ["at"],
  skip: ["at", "records", "failed"],
  end: ["at", "records", "failed"],
};

/** As many workers as a run may have. */
const MOST_SLOTS = 65_536;

/**
 * The events in a file, in order. Types of events that are not known are left out: they may come from a later version. A
 * last line that is cut, as a kill of the command leaves it, is left out too.
 */
export async function* readEvents(path: string): AsyncGenerator<RunEvent> {
  const lines = ReadableStream.from(bytesOf(path)).pipeThrough(new TextDecoderStream()).pipeThrough(
    new TextLineStream(),
  );
  let number = 0;
  let fault: Error | undefined;
  for await (const line of lines) {
    if (fault) throw fault;
    number++;
    const event = parse(line);
    if (number === 1 && (event?.type !== "start" || event.version !== 1)) {
      throw refusal(path, "its first line must be a start event of version 1");
    }
    if (!event) fault = refusal(path, `line ${number} is not an event`);
    else if (Object.hasOwn(NUMBERS, event.type)) yield event;
  }
  if (number === 0) throw refusal(path, "it is empty, and must begin with a start event");
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* (await Deno.open(path)).readable;
  } catch (cause) {
    throw refusal(path, reasonOf(cause), cause);
  }
}

function parse(line: string): RunEvent | undefined {
  try {
    const event = JSON.parse(line);
    if (typeof event.type !== "string") return undefined;
    const numbers = Object.hasOwn(NUMBERS, event.type) ? NUMBERS[event.type] : undefined;
    const isSound = numbers === undefined || numbers.every((name) => Number.isFinite(event[name])) &&
        (event.slot ?? 0) < MOST_SLOTS && Object.entries(event).every(([name, value]) =>
          isText(value, name === "error")
        );
    return isSound ? event : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a report can show it: a list of texts at most, or, of an error, what has texts as its fields. */
function isText(value: unknown, isError: boolean): boolean {
  if (typeof value !== "object" || value === null) return true;
  return (isError || Array.isArray(value)) && Object.values(value).every((part) => isText(part, false));
}

function refusal(path: string, reason: string, cause?: unknown): InputError {
  return new InputError(`Cannot draw the report from ${nameForPeople(path)}: ${reason}`, { cause });
}
