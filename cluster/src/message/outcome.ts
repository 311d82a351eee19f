/** What an agent answers: the return value of the job, signed. */
import { CLUSTER_PROTOCOL, type Letter, type Sealer } from "./letter.ts";
import { type Claim, claimsOf, type Parcel } from "./parcel.ts";

/** Why an order was not run. The task had not started, so that the client may send it again. */
export type RefusalReason = "expired" | "piece" | "orphaned" | "stopping";

/** How a task ended. */
export type OutcomeBody =
  /** With a value; of a chunk: its results. */
  | { readonly kind: "value"; readonly value: Parcel }
  /** With an error; `own` says that the task's code threw it. */
  | { readonly kind: "error"; readonly own: boolean; readonly value: Parcel }
  /** Its agent was lost too often. */
  | { readonly kind: "lost"; readonly starts: number }
  /** It was not run this time; `starts` says how often it may have started before, which counts when it is sent again. */
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly detail: string; readonly starts: number };

/** What an agent answers. */
export type Outcome = OutcomeBody & {
  /** The job's id. */
  readonly id: string;
  /** The name of the agent. */
  readonly agent: string;
  /** Where the claims of the value lie. */
  readonly shelf: string;
  /** How long it ran, when that was asked for. */
  readonly durationMs?: number;
  /** What its code has traced, when somebody traces: an array of reports of spans. */
  readonly traced?: Parcel;
};

/** The most spans that travel with an outcome, and the most characters of JSON: what a task traces beyond them is lost. */
export const MOST_SPANS = 64;
export const MOST_SPAN_CHARACTERS = 1024 * 1024;

/** Signs an outcome. */
export function sealOutcome(sealer: Sealer, outcome: Outcome): Letter {
  return sealer.seal("outcome", JSON.stringify({ v: CLUSTER_PROTOCOL, ...outcome }));
}

/** Reads the outcome of a job; nothing when it is forged, of another job or another protocol. */
export function openOutcome(sealer: Sealer, jobId: string, letter: unknown): Outcome | undefined {
  const text = sealer.open("outcome", letter);
  if (text === undefined) return undefined;
  const { v, ...outcome } = JSON.parse(text) as Outcome & { v: number };
  if (v !== CLUSTER_PROTOCOL || outcome.id !== jobId) return undefined;
  outcomeClaims(outcome);
  return outcome;
}

/** All that an outcome has in the store. */
export function outcomeClaims(outcome: Outcome): Claim[] {
  const { traced } = outcome;
  return [...("value" in outcome ? claimsOf(outcome.value) : []), ...(traced === undefined ? [] : claimsOf(traced))];
}
