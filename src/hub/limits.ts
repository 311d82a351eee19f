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
 * Both sides know them. The side that asks keeps to them, and holds back what goes beyond; to a side that is asked by a child, more is a breach of
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
