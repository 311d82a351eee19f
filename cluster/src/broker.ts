/**
 * What a client needs of the engine between the machines. `bullmq/` implements it over Redis and over PostgreSQL; a scripted one stands in
 * for it in tests.
 *
 * Nothing here settles a task: that is the policy of `client/`.
 */
import type { Letter } from "./message/letter.ts";
import type { Claim, Piece } from "./message/parcel.ts";
import type { AgentInfo } from "./message/presence.ts";

/** An order on its way out. */
export interface OutgoingOrder {
  /** The job's id. Adding the same id twice adds once. */
  readonly id: string;
  /** What dashboards show. */
  readonly name: string;
  readonly letter: Letter;
  /** Higher runs first. */
  readonly priority: number;
}

/** What became of a job. */
export type JobState =
  /** It waits for an agent. */
  | { readonly state: "waiting" }
  /** An agent has it. */
  | { readonly state: "active"; readonly agent: string }
  /** It ended; the letter holds the outcome, unless somebody else than an agent ended it. */
  | { readonly state: "finished"; readonly letter: unknown; readonly reason: string }
  /** The engine does not know it. */
  | { readonly state: "missing" };

/** An agent as the engine knows it: which it is, and what it says of itself. */
export interface KnownAgent extends AgentInfo {
  /** Names the process for as long as it lives. */
  readonly id: string;
  /** The operating system's id. */
  readonly pid: number;
}

/** Who is told by a broker. Nothing of it is certain to come: the sweep finds what was not told. */
export interface BrokerListener {
  /** An agent has the job. */
  active(id: string, agent: string): void;
  /** A job's agent was lost; another gets it. */
  stalled(id: string): void;
  /** A job ended. What `letter` holds may be forged. */
  finished(id: string, letter: unknown): void;
  /** A task reported progress. What `letter` holds may be forged. */
  progress(id: string, letter: unknown): void;
  /** The connection came or went. */
  connection(up: boolean, error?: Error): void;
}

/** The engine between the machines, for one pool. Every call may take as long as the connection is away. */
export interface Broker {
  /** The difference of the server's clock to this machine's, in milliseconds. */
  readonly clockOffsetMs: number;
  /** How often to ask what became of jobs: rarely where events are lost by exception, often where a look is the surer way. */
  readonly sweepMs: number;
  /** Adds jobs; the ids that are there already are left as they are. */
  add(orders: readonly OutgoingOrder[]): Promise<void>;
  /** What the server said when it refused to add jobs or to put pieces; nothing when the connection was lost. */
  refusal(error: unknown): string | undefined;
  /** What became of jobs, in their order. */
  inspect(ids: readonly string[]): Promise<JobState[]>;
  /** Takes jobs away that wait or have ended. One that an agent has stays. */
  remove(ids: readonly string[]): Promise<void>;
  /** Tells all agents to stop tasks. An agent that is not there now is not told. */
  cancel(letter: Letter): Promise<void>;
  /** The agents of the group, whatever code they serve. */
  agents(): Promise<KnownAgent[]>;
  /** Puts pieces on a shelf, where they stay for some time; those that lie there are only kept longer. */
  put(shelf: string, pieces: readonly Piece[]): Promise<void>;
  /** Takes a piece from a shelf; nothing when it is not there. */
  get(shelf: string, claim: Claim): Promise<Uint8Array | undefined>;
  /** Takes pieces off a shelf. */
  drop(shelf: string, hashes: readonly string[]): Promise<void>;
  /** Ends the part of this pool. Never takes longer than a few seconds. */
  close(): Promise<void>;
}
