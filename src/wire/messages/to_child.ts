/** What a parent sends to its child: each message's tuple, its writer, and the reader that checks it. */
import type { Encoded } from "../codec/codec.ts";
import { type FunctionSpec, PROTOCOL_VERSION, type WorkerSettings } from "../protocol.ts";
import { VERSION } from "../version.ts";
import { type HubMessage, isHubKind } from "./hub_messages.ts";
import type { RepliesRead } from "./lease.ts";
import { isId, isTagged, malformedMessage, parseMessage, type Tagged, withValue, withValueAnd } from "./text.ts";

/**
 * The trace that a task belongs to, as a W3C `traceparent`, or "" for none. Where it is present, the child says when it begins the
 * task, and how long the task took. Mostly it is left out: nobody asks, and it costs nothing.
 */
export type TraceContext = string;

/** One call inside a `run` message. */
export type CallItem = [
  taskId: number,
  functionId: number,
  attempt: number,
  tagged: Tagged,
  args: unknown,
  trace?: TraceContext | undefined,
];

/** What a parent sends, beside what both sides send about shared objects. */
export type ParentMessage =
  | ["hello", protocol: number, version: string, settings: WorkerSettings, tagged: Tagged, initArgs: unknown]
  | ["function", functionId: number, spec: FunctionSpec]
  | ["run", repliesRead: RepliesRead, calls: CallItem[]]
  | [
    "chunk",
    repliesRead: RepliesRead,
    taskId: number,
    functionId: number,
    attempt: number,
    spread: 0 | 1,
    stopOnError: 0 | 1,
    tagged: Tagged,
    items: unknown,
    trace?: TraceContext | undefined,
  ]
  | ["abort", taskId: number, tagged: Tagged, reason: unknown]
  | ["wake"]
  | ["stop"];

/** The first message: who the child is, and the initializer's arguments or a ProcessInput. */
export function writeHello(settings: WorkerSettings, value: Encoded): string {
  return withValue(`["hello",${PROTOCOL_VERSION},${JSON.stringify(VERSION)},${JSON.stringify(settings)}`, value);
}

/** What a number stands for in the calls that follow. */
export function writeFunction(functionId: number, spec: FunctionSpec): string {
  return `["function",${functionId},${JSON.stringify(spec)}]`;
}

/** What stands between the number of a call and its arguments; calls that follow one another mostly share it. */
const callHead = { functionId: 0, attempt: 0, tagged: false, text: "" };

function callHeadOf(functionId: number, attempt: number, tagged: boolean): string {
  const last = callHead;
  if (last.functionId !== functionId || last.attempt !== attempt || last.tagged !== tagged) {
    last.functionId = functionId;
    last.attempt = attempt;
    last.tagged = tagged;
    last.text = `,${functionId},${attempt},${tagged ? 1 : 0},`;
  }
  return last.text;
}

/** One call, for `writeRun()`. */
export function writeCall(
  taskId: number,
  functionId: number,
  attempt: number,
  args: Encoded,
  trace: TraceContext | undefined,
): string {
  // The most frequent message of all: each piece of a text that is put together is a new object.
  if (trace === undefined) return `[${taskId}${callHeadOf(functionId, attempt, args.tagged)}${args.text}]`;
  return withValueAnd(`[${taskId},${functionId},${attempt}`, args, trace);
}

/** Calls, to be worked in this order; only the first may have binary parts. `calls` are joined by commas. */
export function writeRun(repliesRead: RepliesRead, calls: string): string {
  return `["run",${repliesRead},[${calls}]]`;
}

/** A task of several calls of one function. */
export function writeChunk(
  repliesRead: RepliesRead,
  taskId: number,
  functionId: number,
  attempt: number,
  { spread, stopOnError }: { readonly spread: boolean; readonly stopOnError: boolean },
  items: Encoded,
  trace: TraceContext | undefined,
): string {
  const flags = `${spread ? 1 : 0},${stopOnError ? 1 : 0}`;
  return withValueAnd(`["chunk",${repliesRead},${taskId},${functionId},${attempt},${flags}`, items, trace);
}

/** Nobody wants the task any more. */
export function writeAbort(taskId: number, reason: Encoded): string {
  return withValue(`["abort",${taskId}`, reason);
}

/** The child is to leave standby. */
export const WAKE = '["wake"]';

/** The child is to leave. */
export const STOP = '["stop"]';

/** Reads what a parent sent. Throws ProtocolError when it is not a message of a parent; messages about shared objects are checked by their reader. */
export function readParentMessage(text: string): ParentMessage | HubMessage {
  const message = parseMessage(text);
  if (isHubKind(message[0])) return message as unknown as HubMessage;
  if (isSound(message)) return message as unknown as ParentMessage;
  throw malformedMessage(message[0]);
}

function isSound(message: readonly unknown[]): boolean {
  switch (message[0]) {
    case "run":
      return isId(message[1]) && Array.isArray(message[2]) && message[2].length > 0 && message[2].every(isCall);
    case "chunk":
      return message.length >= 9 && message.slice(1, 5).every(isId) && message.slice(5, 8).every(isTagged) &&
        isTrace(message[9]);
    case "hello":
      // No more than any version has had: a version that differs has an error of its own.
      return isId(message[1]) && typeof message[2] === "string" && isObject(message[3]);
    case "function":
      return isId(message[1]) && isObject(message[2]);
    case "abort":
      return message.length === 4 && isId(message[1]) && isTagged(message[2]);
    case "wake":
    case "stop":
      return true;
    default:
      return false;
  }
}

function isCall(call: unknown): call is CallItem {
  return Array.isArray(call) && call.length >= 5 && isId(call[0]) && isId(call[1]) && isId(call[2]) &&
    isTagged(call[3]) && isTrace(call[5]);
}

function isTrace(value: unknown): value is TraceContext | undefined {
  return value === undefined || typeof value === "string";
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
