/** What a member of a group needs of the server behind BullMQ: Redis, or PostgreSQL. */
import type { Processor, Queue, Worker, WorkerOptions } from "bullmq";
import type { Broker, BrokerListener } from "../broker.ts";
import type { Letter } from "../message/letter.ts";
import type { Claim, Piece } from "../message/parcel.ts";
import type { EngineAddress } from "./address.ts";
import type { GroupLink } from "./group_link.ts";

/** What a member's connection is made of. */
export interface ConnectionOptions {
  /** Names the member. */
  readonly id: string;
  /** What it says of itself, at most 256 characters. */
  readonly name: string;
  readonly address: EngineAddress;
  readonly group: string;
  readonly leaseMs: number;
  readonly storeTtlMs: number;
  readonly aofCheck: boolean;
  /** How long the first connection may take. */
  readonly connectTimeoutMs: number;
  /** Told when the connection comes and goes. */
  readonly onChange: (up: boolean, error: Error | undefined) => void;
}

/** What there is once the server was found fit. */
export interface Checked {
  readonly link: GroupLink;
  /** The difference of the server's clock to this machine's. */
  readonly clockOffsetMs: number;
}

/** Where large pieces lie, and answers that came too late. */
export interface Store {
  /** Puts pieces. Those that lie there are only kept longer, so that their bytes are not sent again. */
  put(shelf: string, pieces: readonly Piece[]): Promise<void>;
  /** Takes a piece; nothing when it is not there, or is not what its name says. */
  get(shelf: string, claim: Claim): Promise<Uint8Array | undefined>;
  /** Takes pieces off a shelf. */
  drop(shelf: string, hashes: readonly string[]): Promise<void>;
  /** Keeps an answer that could not be written down, for the agent that gets the job next. The first one counts. */
  keepAnswer(name: string, letter: Letter): Promise<void>;
  /** The answer that was kept under a name, if there is one. It may be forged. */
  keptAnswer(name: string): Promise<unknown>;
}

/** What a broker is opened for. */
export interface BrokerSettings {
  readonly group: string;
  readonly code: string;
  readonly listener: Omit<BrokerListener, "connection">;
  readonly onClose: () => void;
}

/** A member's connection to its group, checked before it is used. */
export interface EngineConnection {
  readonly store: Store;
  /** Resolves when the server was found fit for work, and this member is known in the group. */
  checked(): Promise<Checked>;
  /** Milliseconds since 1970 by the server's clock, which is the same for all members and may have been set since they started. */
  serverTimeMs(): Promise<number>;
  /** Opens a pool's part, and waits until events are read. Only after `checked()`. */
  openBroker(settings: BrokerSettings): Promise<Broker>;
  /** Opens a queue by its name. */
  openQueue(name: string): Queue;
  /** Opens what fetches and runs a queue's jobs. */
  openWorker(name: string, processor: Processor, options: Omit<WorkerOptions, "connection">): Worker;
  /** Ends it, within a few seconds. */
  close(): Promise<void>;
}
