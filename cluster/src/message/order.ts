/** What a client asks of an agent: one task, with all that it needs but permissions, which are the agent's. */
import type { FunctionSpec } from "../corral.ts";
import { CLUSTER_PROTOCOL, type Letter, type Sealer } from "./letter.ts";
import { type Claim, claimsOf, isClaim, type Parcel } from "./parcel.ts";

/** One task. */
export interface Order {
  /** The job's id: a letter cannot be sent again under another. */
  readonly id: string;
  /** The client that waits. */
  readonly client: string;
  /** How an agent's worker finds the function, as on corral's own wire. */
  readonly fn: FunctionSpec;
  /** Where the text of the function is when that is long; `fn` has none then. */
  readonly source?: Claim;
  /** Set for a chunk of calls. */
  readonly chunk?: { readonly size: number; readonly spread: boolean; readonly stopOnError: boolean };
  readonly timeoutMs?: number;
  /** How often it may start again after a worker or an agent was lost. */
  readonly retries: number;
  /** Whether it outlives its client: set for runs with an id. */
  readonly keep?: true;
  /** A W3C trace context, when somebody traces. */
  readonly trace?: string;
  /** By the server's clock, in milliseconds since 1970: later it is not run. */
  readonly expires: number;
  /** Where its claims lie. */
  readonly shelf: string;
  /** The arguments, or the items of the chunk. */
  readonly value: Parcel;
}

/** Why an order was not read. */
export interface UnreadableOrder {
  readonly refusal: "signature" | "protocol" | "malformed" | "replayed";
  readonly detail: string;
}

/** Signs an order. */
export function sealOrder(sealer: Sealer, order: Order): Letter {
  return sealer.seal("order", JSON.stringify({ v: CLUSTER_PROTOCOL, ...order }));
}

/** Reads the order of a job, or says why it must not run. */
export function openOrder(sealer: Sealer, jobId: string, letter: unknown): Order | UnreadableOrder {
  const text = sealer.open("order", letter);
  if (text === undefined) {
    return { refusal: "signature", detail: "its signature is not that of this agent's secret" };
  }
  const { v, ...order } = JSON.parse(text) as Order & { v: number };
  if (v !== CLUSTER_PROTOCOL) {
    return { refusal: "protocol", detail: `it is of protocol ${v}, this agent speaks ${CLUSTER_PROTOCOL}` };
  }
  if (order.id !== jobId) return { refusal: "replayed", detail: `it was written for job ${order.id}` };
  try {
    orderClaims(order);
  } catch (error) {
    return { refusal: "malformed", detail: (error as Error).message };
  }
  return order;
}

/** All that an order has in the store. Throws TypeError when it is not an order's. */
export function orderClaims({ value, source }: Order): Claim[] {
  const claims = claimsOf(value);
  if (source === undefined) return claims;
  if (!isClaim(source)) throw new TypeError("the text of a function is not where this library puts it");
  return [...claims, source];
}
