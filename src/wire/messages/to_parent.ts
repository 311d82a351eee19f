/** What a child sends to its parent: each message's tuple, its writer, and the reader that checks it. A parent trusts none of it. */
import { ProtocolError } from "../../errors.ts";
import { requireFewMarks, requireShallow } from "../codec/checks.ts";
import type { Encoded } from "../codec/codec.ts";
import { PROTOCOL_VERSION } from "../protocol.ts";
import { isSpanReport, type SpanReport } from "../span_report.ts";
import { VERSION } from "../version.ts";
import { type HubMessage, isHubKind } from "./hub_messages.ts";
import { isId, isTagged, malformedMessage, parseMessage, type Tagged, withValue, withValueAnd } from "./text.ts";

/**
 * What a child sends, beside what both sides send about shared objects. `error` values are whatever the task threw. A result
 * without a value is `undefined`, the most frequent one. Durations of single tasks are there when the task had a trace context.
 */
export type ChildMessage =
  | ["hello", protocol: number, version: string]
  | ["ready"]
  | ["failed", tagged: Tagged, error: unknown]
  | ["started", taskId: number]
  | ["standby"]
  | ["result", taskId: number]
  | ["result", taskId: number, tagged: Tagged, value: unknown, durationMs?: number]
  | ["error", taskId: number, tagged: Tagged, error: unknown, durationMs?: number]
  | ["part", taskId: number, tagged: Tagged, outcomes: unknown]
  | ["chunk", taskId: number, durationMs: number, tagged: Tagged, values: unknown]
  | ["chunkErrors", taskId: number, durationMs: number, tagged: Tagged, outcomes: unknown]
  | ["returned", taskIds: number[]]
  | ["progress", taskId: number, tagged: Tagged, value: unknown]
  | ["span", taskId: number, report: SpanReport]
  | ["output", stream: 1 | 2, taskId: number, text: string | null];

/** A chunk in which items failed: their values in order, and the errors by index. */
export interface ChunkOutcomes {
  /** One entry for each item that was run; `undefined` where it failed. */
  values: unknown[];
  /** Which items failed, in ascending order, and what they threw. */
  errors: [index: number, error: unknown][];
}

/** The first message of a child. */
export const CHILD_HELLO = `["hello",${PROTOCOL_VERSION},${JSON.stringify(VERSION)}]`;

/** The child can take tasks; of a process of its own, its code runs. */
export const READY = '["ready"]';

/** The child starts tasks without saying so, until it is woken. */
export const STANDBY = '["standby"]';

/** The child cannot take tasks, and why. */
export function writeFailed(error: Encoded): string {
  return withValue('["failed"', error);
}

/** The child begins a task: one that came while it was idle, or one with a trace context. */
export function writeStarted(taskId: number): string {
  return `["started",${taskId}]`;
}

/** A call gave a value; without one, `undefined`. */
export function writeResult(taskId: number, value: Encoded | undefined, durationMs?: number): string {
  return value === undefined ? `["result",${taskId}]` : withValueAnd(`["result",${taskId}`, value, durationMs);
}

/** A call threw, or a task could not be run or answered. */
export function writeError(taskId: number, error: Encoded, durationMs?: number): string {
  return withValueAnd(`["error",${taskId}`, error, durationMs);
}

/**
 * A chunk's answer that does not fit into one message begins with parts; `outcomes` is a ChunkOutcomes of the items that follow those of
 * earlier parts, with indices in the chunk.
 */
export function writePart(taskId: number, outcomes: Encoded): string {
  return withValue(`["part",${taskId}`, outcomes);
}

/** All items of a chunk gave values, behind those in parts. */
export function writeChunkResult(taskId: number, durationMs: number, values: Encoded): string {
  return withValue(`["chunk",${taskId},${durationMs}`, values);
}

/** Items of a chunk failed; `outcomes` is a ChunkOutcomes, whose values are behind those in parts. */
export function writeChunkErrors(taskId: number, durationMs: number, outcomes: Encoded): string {
  return withValue(`["chunkErrors",${taskId},${durationMs}`, outcomes);
}

/** The child will not start these tasks. */
export function writeReturned(taskIds: readonly number[]): string {
  return `["returned",[${taskIds.join(",")}]]`;
}

/** A task reports progress. */
export function writeProgress(taskId: number, value: Encoded): string {
  return withValue(`["progress",${taskId}`, value);
}

/** A span of a task, or of a process with 0, has ended. */
export function writeSpan(taskId: number, report: SpanReport): string {
  return `["span",${taskId},${JSON.stringify(report)}]`;
}

/** A task, or 0 for none, printed a text, or with `null` the bytes of the message's one part. */
export function writeOutput(stream: 1 | 2, taskId: number, text: string | null): string {
  return `["output",${stream},${taskId},${JSON.stringify(text)}]`;
}

/** Reads what a child sent. Throws ProtocolError when it is not a message of a child; messages about shared objects are checked by their reader. */
export function readChildMessage(text: string, parts: readonly Uint8Array[]): ChildMessage | HubMessage {
  requireFewMarks(text);
  const message = parseMessage(text);
  requireShallow(message, text.length, 0);
  // The most frequent one pays for no other.
  if (message[0] === "result" && isSound(message, parts)) return message as unknown as ChildMessage;
  if (isHubKind(message[0])) return message as unknown as HubMessage;
  const sound = isSound(message, parts);
  if (sound) return message as unknown as ChildMessage;
  if (sound === false) throw malformedMessage(message[0]);
  throw new ProtocolError(`it sent ${JSON.stringify(message[0])}, which is not a message of a worker`);
}

/** Whether a message has the shape of its kind; `undefined` when there is no such kind. */
function isSound(message: readonly unknown[], parts: readonly Uint8Array[]): boolean | undefined {
  switch (message[0]) {
    case "result":
      return isId(message[1]) && (message.length === 2 || isValueAt(message, 2));
    case "error":
      return isId(message[1]) && isValueAt(message, 2);
    case "chunk":
    case "chunkErrors":
      return message.length === 5 && isId(message[1]) && isDuration(message[2]) && isTagged(message[3]);
    case "started":
      return isId(message[1]);
    case "returned":
      return Array.isArray(message[1]) && message[1].every(isId);
    case "part":
    case "progress":
      return message.length === 4 && isId(message[1]) && isTagged(message[2]);
    case "span":
      return message.length === 3 && isId(message[1]) && isSpanReport(message[2]);
    case "output":
      return (message[1] === 1 || message[1] === 2) && isId(message[2]) &&
        (typeof message[3] === "string" || (message[3] === null && parts.length > 0));
    case "failed":
      return message.length === 3 && isTagged(message[1]);
    case "hello":
      return isId(message[1]) && typeof message[2] === "string";
    case "ready":
    case "standby":
      return true;
    default:
      return undefined;
  }
}

/** A value from this place on, and perhaps a duration behind it. */
function isValueAt(message: readonly unknown[], place: number): boolean {
  const rest = message.length - place;
  return isTagged(message[place]) && (rest === 2 || (rest === 3 && isDuration(message[place + 2])));
}

function isDuration(value: unknown): value is number {
  // A number of JSON can be too large for one: infinity is null where events are written as JSON.
  return typeof value === "number" && value >= 0 && value < Infinity;
}
