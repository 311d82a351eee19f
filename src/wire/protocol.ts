/**
 * The messages that travel between a parent and its worker.
 *
 * A message is a JSON array whose first element names its kind. A user's value takes two places at the
 * end: `tagged` (0 for plain JSON, 1 for the codec's tagged form) and the value's JSON itself, so that
 * a plain value is written and read without being walked.
 */
import type { Encoded } from "./codec/codec.ts";

/** Raised when the messages change in a way that an older side cannot understand. */
export const PROTOCOL_VERSION = 1;

/** How a child finds the function to run. */
export type FunctionSpec =
  | { readonly kind: "export"; readonly name: string }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "source"; readonly name: string; readonly source: string };

/** What a child must know before it loads the user's module. */
export interface WorkerSettings {
  /** Stable number of the worker within its pool. */
  readonly workerId: number;
  /** How many tasks may be in progress at once. */
  readonly concurrency: number;
  /** Largest frame that either side may send, in bytes. */
  readonly maxFrameBytes: number;
  /** Resident memory at which the child ends itself, in MiB. */
  readonly memoryLimitMiB: number | null;
  /** Printed on stderr before the child ends itself for memory, so that nothing else can claim it. */
  readonly memoryMarker: string;
  /** Run once after the module has loaded; its arguments are the hello's value. */
  readonly initializer: FunctionSpec | null;
  /** The name of the process that starts the worker. */
  readonly parentName?: string;
  /** The worker's `deno.json`, if it has one. */
  readonly config?: string;
  /** Set for a process of its own: it runs one thing, and ends. The hello's value is a ProcessInput. */
  readonly process?: ProcessSettings;
}

/** What a process of its own is, and runs. */
export interface ProcessSettings {
  readonly name: string;
  readonly daemon: boolean;
  /** Whether it outlives its parent. */
  readonly detached: boolean;
  /** See `OwnProcess.path`. */
  readonly path: readonly number[];
  readonly parentPid: number;
  /** The function to run, if there is one. */
  readonly target: FunctionSpec | null;
  /** The class whose `run()` is to run instead: found among the exports by its text, or else by its name. */
  readonly subclass: { readonly name: string; readonly source: string } | null;
}

/** What a process works with: the target's arguments, and the fields of a subclass's instance. */
export type ProcessInput = [args: unknown[], fields: Record<string, unknown>];

/** 0 when the value that follows is plain JSON, 1 when it is in the codec's tagged form. */
export type Tagged = 0 | 1;

/** One call inside a `run` message. */
export type CallItem = [taskId: number, functionId: number, attempt: number, tagged: Tagged, args: unknown];

/**
 * `HEAD` for tasks that the worker may start whenever it likes. For tasks sent ahead of an unanswered one, how many replies
 * (answers and returns) the parent had read by then: if one behind that came late, the parent may have taken them back.
 */
export type RepliesRead = number;

/** See {@linkcode RepliesRead}. */
export const HEAD: RepliesRead = -1;

/** What a parent sends. */
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
  ]
  | ["abort", taskId: number, tagged: Tagged, reason: unknown]
  | ["wake"]
  | ["stop"];

/** What a child sends. `error` values are whatever the task threw. A result without a value is `undefined`, the most frequent one. */
export type ChildMessage =
  | ["hello", protocol: number, version: string]
  | ["ready"]
  | ["failed", tagged: Tagged, error: unknown]
  | ["started", taskId: number]
  | ["standby"]
  | ["result", taskId: number]
  | ["result", taskId: number, tagged: Tagged, value: unknown]
  | ["error", taskId: number, tagged: Tagged, error: unknown]
  | ["chunk", taskId: number, durationMs: number, tagged: Tagged, values: unknown]
  | ["chunkErrors", taskId: number, durationMs: number, tagged: Tagged, outcomes: unknown]
  | ["returned", taskIds: number[]]
  | ["progress", taskId: number, tagged: Tagged, value: unknown]
  | ["output", stream: 1 | 2, taskId: number, text: string | null];

/**
 * What either side sends about shared objects. `handover` is how many things a response hands over: each is to be accepted, or
 * the rest returned. `process` is the way from the sender to whoever asks, "" for itself. */
export type HubMessage =
  | [
    "request",
    requestId: number,
    objectId: string,
    operation: string,
    process: string,
    task: number,
    timeoutMs: number | null,
    tagged: Tagged,
    args: unknown,
  ]
  | ["response", requestId: number, ok: 0 | 1, handover: number, tagged: Tagged, value: unknown]
  | ["done", ...requestIds: number[]]
  | ["cancel", requestId: number]
  | ["accept", requestId: number]
  | ["return", requestId: number]
  | ["release", objectId: string, count: number, closed: 0 | 1]
  | ["ended", process: string];

const HUB_KINDS: ReadonlySet<unknown> = new Set([
  "request",
  "response",
  "done",
  "cancel",
  "accept",
  "return",
  "release",
  "ended",
]);

/** Whether a message is about shared objects. */
export function isHubMessage(message: readonly unknown[]): message is HubMessage {
  return HUB_KINDS.has(message[0]);
}

/** A chunk in which items failed: their values in order, and the errors by index. */
export interface ChunkOutcomes {
  /** One entry for each item that was run; `undefined` where it failed. */
  values: unknown[];
  /** Which items failed, in ascending order, and what they threw. */
  errors: [index: number, error: unknown][];
}

/** The JSON text of a message without a user's value. */
export function messageText(message: ParentMessage | ChildMessage | HubMessage): string {
  return JSON.stringify(message);
}

/** The JSON text of a message that ends with a user's encoded value; `head` is its opening, without the closing bracket. */
export function valueMessageText(head: string, value: Encoded): string {
  return head + (value.tagged ? ",1," : ",0,") + value.text + "]";
}
