import { ProtocolError } from "../errors.ts";

/** What one peer may have open with another. Without bounds, a worker could fill its parent's memory with small requests. */
export interface PeerLimits {
  /** Requests that were not answered. */
  readonly requests: number;
  /** The bytes of those requests: another is made only while they are fewer. */
  readonly requestBytes: number;
  /** The bytes of answers that the peer does not read: while they are more, it gets no further ones. */
  readonly unreadBytes: number;
  /** How long the peer is served in one turn of the event loop, in milliseconds. @default Infinity */
  readonly sliceMs?: number;
  /** How many objects of the peer, and of those behind it, this process has handles of. @default Infinity */
  readonly imports?: number;
  /**
   * Whether the peer is the parent. It is trusted: it may ask so much for each process that it asks for. What this process asks of
   * it is so much for all.
   */
  readonly isParent?: boolean;
}

/**
 * Both sides know them. The side that asks keeps to them, and holds back what goes beyond; to a side that is asked by a child, more is a violation of
 * the protocol. See `docs/decisions/hub_bounds.md`.
 */
export const PEER_LIMITS: PeerLimits = {
  requests: 8 * 1024,
  requestBytes: 8 * 1024 * 1024,
  unreadBytes: 4 * 1024 * 1024,
  // Others have their turn while one is served.
  sliceMs: 8,
};

/** The same for a child, which is not trusted. */
export const CHILD_LIMITS: PeerLimits = { ...PEER_LIMITS, imports: 100_000 };

/** The same for the parent. */
export const PARENT_LIMITS: PeerLimits = { ...PEER_LIMITS, isParent: true };

/** How much of a peer's this process keeps in mind. Each invented id would take memory for as long as it is not given up. */
export class ImportCount {
  readonly #most: number;
  #objects = 0;
  #origins = 0;

  /** @param most How many objects, and how many processes that own them, there may be at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many objects are known. */
  get objects(): number {
    return this.#objects;
  }

  /** How many processes own those. */
  get origins(): number {
    return this.#origins;
  }

  /** A handle of an object has come that is not known here. Throws ProtocolError if it is one too many. */
  addObject(): void {
    if (this.#objects >= this.#most) {
      throw new ProtocolError(`it sent handles of more than ${this.#most} objects that are not closed`);
    }
    this.#objects++;
  }

  /** An object is forgotten. */
  removeObject(): void {
    this.#objects--;
  }

  /** A handle has come from a process of which no other is known. Throws ProtocolError if it is one too many. */
  addOrigin(): void {
    if (this.#origins >= this.#most) {
      throw new ProtocolError(`it sent handles of more than ${this.#most} processes that are not closed`);
    }
    this.#origins++;
  }

  /** The last object of a process is forgotten. */
  removeOrigin(): void {
    this.#origins--;
  }
}
