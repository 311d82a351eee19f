import { Buffer } from "node:buffer";
import type { FunctionSpec, TaskRequest } from "../corral.ts";
import type { Order } from "../message/order.ts";
import { unpack } from "../message/parcel.ts";

/** The request for this agent's own workers, given all pieces of the order. The arguments pass through unread. */
export function requestOf(order: Order, starts: number, pieces: ReadonlyMap<string, Uint8Array>): TaskRequest {
  const payload = unpack(order.value, pieces);
  return {
    function: functionOf(order, pieces),
    payload,
    handles: [],
    chunk: order.chunk,
    byteLength: payload.text.length + payload.parts.reduce((sum, part) => sum + part.byteLength, 0),
    priority: 0,
    key: undefined,
    timeoutMs: order.timeoutMs,
    retries: Math.max(0, order.retries - (starts - 1)),
    trace: order.trace ?? "",
  };
}

function functionOf({ fn, source }: Order, pieces: ReadonlyMap<string, Uint8Array>): FunctionSpec {
  if (source === undefined || fn.kind !== "source") return fn;
  return { ...fn, source: Buffer.from(pieces.get(source[0])!).toString() };
}
