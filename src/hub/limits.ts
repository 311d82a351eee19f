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
}

/**
 * Both sides know them. The side that asks keeps to them, and holds back what goes beyond; to the side that is asked, more is a breach of
 * the protocol. See `docs/decisions/hub_bounds.md`.
 */
export const PEER_LIMITS: PeerLimits = {
  requests: 8 * 1024,
  requestBytes: 8 * 1024 * 1024,
  unreadBytes: 4 * 1024 * 1024,
};

/** The same for a child, which is not trusted: others have their turn while it is served. */
export const CHILD_LIMITS: PeerLimits = { ...PEER_LIMITS, sliceMs: 8, imports: 100_000 };
