/** What either side sends about shared objects: each message's tuple, its writer, and the reader that checks it. */
import { isId, isTagged, malformedMessage, type Tagged } from "./text.ts";

/**
 * What either side sends about shared objects. `delivery` is how many things a response delivers: each is to be acknowledged, or
 * the rest requeued. `process` is the way from the sender to the process that asks, "" for itself.
 */
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
  | ["response", requestId: number, ok: 0 | 1, delivery: number, tagged: Tagged, value: unknown]
  | ["done", ...requestIds: number[]]
  | ["cancel", requestId: number]
  | ["ack", requestId: number]
  | ["requeue", requestId: number]
  | ["release", objectId: string, count: number, closed: 0 | 1]
  | ["ended", process: string];

/** The head of a request: its arguments follow, see `withValue()`. */
export function requestHead(
  requestId: number,
  objectId: string,
  operation: string,
  process: string,
  task: number,
  timeoutMs: number | null,
): string {
  const [object, name, from] = [JSON.stringify(objectId), JSON.stringify(operation), JSON.stringify(process)];
  return `["request",${requestId},${object},${name},${from},${task},${timeoutMs}`;
}

/** The head of an answer that delivers so many things: its value follows. */
export function responseHead(requestId: number, delivery: number): string {
  return `["response",${requestId},1,${delivery}`;
}

/** The head of an answer that is an error: it follows. */
export function errorResponseHead(requestId: number): string {
  return `["response",${requestId},0,0`;
}

/** Answers without a value to several requests. */
export function writeDone(requestIds: readonly number[]): string {
  return `["done",${requestIds.join(",")}]`;
}

/** The request is given up. */
export function writeCancel(requestId: number): string {
  return `["cancel",${requestId}]`;
}

/** One of the things delivered has arrived. */
export function writeAck(requestId: number): string {
  return `["ack",${requestId}]`;
}

/** The rest of what was delivered goes back. */
export function writeRequeue(requestId: number): string {
  return `["requeue",${requestId}]`;
}

/** So many handles of an object are given up; by `closed`, or because nothing refers to them. */
export function writeRelease(objectId: string, count: number, closed: boolean): string {
  return `["release",${JSON.stringify(objectId)},${count},${closed ? 1 : 0}]`;
}

/** A process behind the sender has ended. */
export function writeEnded(process: string): string {
  return `["ended",${JSON.stringify(process)}]`;
}

const HUB_KINDS: ReadonlySet<unknown> = new Set([
  "request",
  "response",
  "done",
  "cancel",
  "ack",
  "requeue",
  "release",
  "ended",
]);

/** Whether messages of this kind are about shared objects. */
export function isHubKind(kind: unknown): boolean {
  return HUB_KINDS.has(kind);
}

/** Reads a message that is about shared objects; `undefined` when it is not. Throws ProtocolError when it is malformed. */
export function readHubMessage(message: readonly unknown[]): HubMessage | undefined {
  if (!isHubKind(message[0])) return undefined;
  if (isSound(message)) return message as unknown as HubMessage;
  throw malformedMessage(`${message[0]}`);
}

const MOST_PROCESS_UNITS = 256;

function isSound(message: readonly unknown[]): boolean {
  switch (message[0]) {
    case "request":
      return message.length === 9 && isId(message[1]) && typeof message[2] === "string" &&
        typeof message[3] === "string" && isProcess(message[4]) && isId(message[5]) &&
        (message[6] === null || typeof message[6] === "number") && isTagged(message[7]);
    case "response":
      return message.length === 6 && isId(message[1]) && isTagged(message[2]) && isId(message[3]) && message[3] >= 0 &&
        isTagged(message[4]);
    case "done":
      return message.every((id, place) => place === 0 || isId(id));
    case "release":
      return typeof message[1] === "string" && isId(message[2]) && message[2] >= 1 && isTagged(message[3]);
    case "ended":
      return isProcess(message[1]);
    default:
      return isId(message[1]);
  }
}

/** One number for each process on the way. The name of who holds something is kept with it, so it must be short. */
function isProcess(value: unknown): boolean {
  return typeof value === "string" && value.length <= MOST_PROCESS_UNITS;
}
