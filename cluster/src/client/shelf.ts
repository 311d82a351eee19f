import type { Broker } from "../broker.ts";
import type { Clock } from "../clock.ts";
import type { Piece } from "../message/parcel.ts";

/** Pieces that nobody uses stay up to this size: the next call may have the same argument. */
const LINGER_BYTES = 64 * 1024 * 1024;
/** What was put or prolonged within this part of its time need not be prolonged again. */
export const FRESH_PART = 1 / 4;

interface Held {
  readonly byteLength: number;
  users: number;
  /** Whether it counts among those that linger. */
  idle: boolean;
  keptAt: number;
}

/** The pieces that this pool has put into the store: each once, for as long as a task needs it. */
export class Shelf {
  readonly #broker: Broker;
  readonly #name: string;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  /** In the order of last use. */
  readonly #held = new Map<string, Held>();
  readonly #isLasting: boolean;
  #idleBytes = 0;
  #tidiedAt = -Infinity;

  /** @param isLasting Whether pieces stay there until their time is over, and nobody releases them. */
  constructor(broker: Broker, name: string, ttlMs: number, clock: Clock, isLasting = false) {
    this.#broker = broker;
    this.#name = name;
    this.#isLasting = isLasting;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
  }

  /** Sees to it that pieces lie there until they are released. */
  async hold(pieces: readonly Piece[]): Promise<void> {
    const now = this.#clock.now();
    const due: Piece[] = [];
    if (this.#isLasting) this.#tidy(now);
    for (const piece of pieces) {
      const held = this.#use(piece);
      if (this.#isFresh(held, now)) continue;
      due.push(piece);
    }
    if (due.length === 0) return;
    try {
      await this.#broker.put(this.#name, due);
    } catch (error) {
      this.release(pieces.map(({ hash }) => hash));
      throw error;
    }
    for (const { hash } of due) this.#held.get(hash)!.keptAt = now;
  }

  /** Puts pieces again that the store has lost. */
  forget(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const held = this.#held.get(hash);
      if (held !== undefined) held.keptAt = -Infinity;
    }
  }

  /** Says that a task needs its pieces no more. */
  release(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const held = this.#held.get(hash);
      if (held === undefined || --held.users > 0) continue;
      held.idle = true;
      this.#idleBytes += held.byteLength;
    }
    this.#dropBeyond(LINGER_BYTES);
  }

  /** Takes everything away. */
  async clear(): Promise<void> {
    const hashes = [...this.#held.keys()];
    this.#held.clear();
    if (hashes.length > 0) await this.#broker.drop(this.#name, hashes);
  }

  #use({ hash, bytes }: Piece): Held {
    const held = this.#held.get(hash) ?? { byteLength: bytes.byteLength, users: 0, idle: false, keptAt: -Infinity };
    // Behind all others: the order is that of last use.
    this.#held.delete(hash);
    this.#held.set(hash, held);
    held.users++;
    if (held.idle) this.#idleBytes -= held.byteLength;
    held.idle = false;
    return held;
  }

  #isFresh({ keptAt }: Held, now: number): boolean {
    return now - keptAt < this.#ttlMs * FRESH_PART;
  }

  /** Forgets what would be put again anyway: a program may have runs for as long as it lives. */
  #tidy(now: number): void {
    if (now - this.#tidiedAt < this.#ttlMs * FRESH_PART) return;
    this.#tidiedAt = now;
    for (const [hash, held] of this.#held) {
      if (this.#isFresh(held, now)) continue;
      this.#held.delete(hash);
      if (held.idle) this.#idleBytes -= held.byteLength;
    }
  }

  #dropBeyond(limit: number): void {
    if (this.#idleBytes <= limit) return;
    const dropped: string[] = [];
    for (const [hash, held] of this.#held) {
      if (this.#idleBytes <= limit) break;
      if (held.users > 0) continue;
      this.#held.delete(hash);
      this.#idleBytes -= held.byteLength;
      dropped.push(hash);
    }
    this.#broker.drop(this.#name, dropped).catch(() => {});
  }
}
