import { Buffer } from "node:buffer";
import type { TaskRequest } from "../corral.ts";
import type { Order } from "../message/order.ts";
import { claimOf, ORDER_INLINE_BYTES, pack, type Piece, pieceOf } from "../message/parcel.ts";

/** Of a function that is sent as text, as much goes inside an order: all tasks of a call have the same. */
const MOST_SOURCE_CHARACTERS = 16 * 1024;

/** A request as a part of an order, and what must be put into the store before that is sent. */
export interface PackedRequest {
  readonly part: Pick<Order, "fn" | "source" | "value">;
  readonly pieces: readonly Piece[];
}

/** Packs a request: what is large goes to the store. */
export function packRequest({ function: fn, payload }: TaskRequest): PackedRequest {
  const { length } = fn.kind === "source" ? fn.source : "";
  if (fn.kind !== "source" || length <= MOST_SOURCE_CHARACTERS) {
    const { parcel, pieces } = pack(payload, ORDER_INLINE_BYTES - length);
    return { part: { fn, value: parcel }, pieces };
  }
  const text = pieceOf(Buffer.from(fn.source));
  const { parcel, pieces } = pack(payload, ORDER_INLINE_BYTES);
  return { part: { fn: { ...fn, source: "" }, source: claimOf(text), value: parcel }, pieces: [...pieces, text] };
}
