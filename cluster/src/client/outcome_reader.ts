/** Turns an outcome into what a caller is told. */
import type { Broker } from "../broker.ts";
import {
  type ChunkResult,
  decode,
  type FailureKind,
  ProtocolError,
  type SpanReport,
  TaskTimeoutError,
} from "../corral.ts";
import type { Outcome } from "../message/outcome.ts";
import { claimsOf, type Parcel, unpack } from "../message/parcel.ts";
import { inAgentWords } from "./agent_advice.ts";
import { lostAgentError } from "./faults.ts";

/** What a caller is told. */
export type Reading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown; readonly kind: FailureKind };

/** What an agent says of a task beyond refusing it. */
export type Answer = Exclude<Outcome, { readonly kind: "refused" }>;

/** Reads an answer; fetches what lies in the store. `chunkSize` is set for chunks. */
export function readAnswer(answer: Answer, chunkSize: number | undefined, broker: Broker): Reading | Promise<Reading> {
  if (answer.kind === "lost") return { ok: false, error: lostAgentError(answer.agent, answer.starts), kind: "worker" };
  const claims = claimsOf(answer.value);
  if (claims.length === 0) return judge(answer, decodeParcel(answer.value, new Map()), chunkSize);
  return fetchThenJudge(answer, chunkSize, broker);
}

/** What the code of a task has traced; nothing where it is no longer there. */
export function readSpans(
  { traced, shelf }: Answer,
  broker: Broker,
): readonly SpanReport[] | Promise<readonly SpanReport[]> {
  if (traced === undefined) return [];
  if (claimsOf(traced).length === 0) return decodeParcel(traced, new Map()) as readonly SpanReport[];
  return fetchAll(traced, shelf, broker).then(
    (fetched) => fetched === undefined ? [] : decodeParcel(traced, fetched) as readonly SpanReport[],
    () => [],
  );
}

/** The value of a parcel. Throws ProtocolError. */
export function decodeParcel(parcel: Parcel, fetched: ReadonlyMap<string, Uint8Array>): unknown {
  const { text, tagged, parts } = unpack(parcel, fetched);
  return decode(JSON.parse(text), tagged, parts);
}

async function fetchThenJudge(
  answer: Answer & { value: Parcel },
  chunkSize: number | undefined,
  broker: Broker,
): Promise<Reading> {
  const fetched = await fetchAll(answer.value, answer.shelf, broker);
  if (fetched !== undefined) return judge(answer, decodeParcel(answer.value, fetched), chunkSize);
  const error = new ProtocolError(
    "Cannot read the task's result: a part of it is no longer there; raise --result-ttl of the agents if nobody removed it",
    { taskStarted: true },
  );
  return { ok: false, error, kind: "worker" };
}

/** What of a parcel lies in the store; nothing where a piece is missing. */
async function fetchAll(parcel: Parcel, shelf: string, broker: Broker): Promise<Map<string, Uint8Array> | undefined> {
  const fetched = new Map<string, Uint8Array>();
  for (const claim of claimsOf(parcel)) {
    const bytes = await broker.get(shelf, claim);
    if (bytes === undefined) return undefined;
    fetched.set(claim[0], bytes);
  }
  return fetched;
}

function judge(answer: Answer, value: unknown, chunkSize: number | undefined): Reading {
  if (answer.kind === "value") {
    if (chunkSize !== undefined) markErrors(requireChunkResult(value, chunkSize), answer.agent);
    return { ok: true, value };
  }
  if (value instanceof Error) markAgent(value, answer.agent);
  const own = answer.kind === "error" && answer.own;
  return { ok: false, error: value, kind: own ? "task" : value instanceof TaskTimeoutError ? "timeout" : "worker" };
}

function requireChunkResult(value: unknown, size: number): ChunkResult {
  const { values, errors, durationMs } = (value ?? {}) as ChunkResult;
  if (Array.isArray(values) && values.length <= size && Array.isArray(errors) && typeof durationMs === "number") {
    return value as ChunkResult;
  }
  throw new ProtocolError("Cannot read the task's result: a chunk's answer does not fit the chunk", {
    taskStarted: true,
  });
}

function markErrors({ errors }: ChunkResult, agent: string): void {
  for (const [, error] of errors) if (error instanceof Error) markAgent(error, agent);
}

function markAgent(error: Error, agent: string): void {
  try {
    Object.defineProperty(error, "agent", { value: agent, enumerable: true, configurable: true, writable: true });
    const { message, stack } = error;
    const advised = inAgentWords(message);
    if (advised === message) return;
    error.message = advised;
    if (typeof stack === "string") error.stack = stack.replace(message, () => advised);
  } catch {
    // A task may throw what cannot be changed.
  }
}
