import { Deque } from "../../collections/deque.ts";
import { heapBytes } from "../../wire/heap.ts";
import type { PeerLimits } from "../limits.ts";
import { HeldRequests } from "./held_requests.ts";

/** One of those that ask a peer: this process's own code, or the processes behind one of its other peers. */
export class Asker {
  /** "" for this process's own code. */
  readonly name: string;
  /** What does not leave yet. */
  readonly held: HeldRequests;
  /** Requests that have left, and were not answered. */
  requests = 0;
  /** How many bytes those have. */
  bytes = 0;

  constructor(name: string, held: HeldRequests) {
    this.name = name;
    this.held = held;
  }
}

/** Who asks, of a process on the way that a request has come: the first on that way. */
export function askerOf(process: string): string {
  const end = process.indexOf("/");
  return end < 0 ? process : process.slice(0, end);
}

/** Of what a parent takes at once, its child forwards half for others, and for each of them a quarter of what is left of that. */
const [FORWARDED_PART, ASKER_PART] = [2, 4];

/**
 * How much of what a peer takes at once each has that asks it through this process: no one may keep the others from asking.
 *
 * A child takes from its parent as much for each. A parent takes so much from its child for all together: it does
 * not trust it with more. See `docs/decisions/hub_bounds.md`.
 */
export class Askers {
  /** This process's own code. */
  readonly own: Asker;
  readonly #limits: PeerLimits;
  readonly #makeHeld: (asker: () => Asker) => HeldRequests;
  readonly #others = new Map<string, Asker>();
  /** Those that hold something, in the order of their turns. */
  readonly #holding = new Set<Asker>();
  #othersRequests = 0;
  #othersBytes = 0;

  /** @param onStalled Is told which requests of an asker are given up. */
  constructor(limits: PeerLimits, onStalled: (asker: Asker, ids: readonly number[]) => void, stallMs?: number) {
    this.#limits = limits;
    this.#makeHeld = (asker) => new HeldRequests((ids) => onStalled(asker(), ids), stallMs);
    this.own = this.#make("");
  }

  /** The one that a process belongs to. */
  of(process: string): Asker {
    if (process === "") return this.own;
    const name = askerOf(process);
    let asker = this.#others.get(name);
    if (asker === undefined) this.#others.set(name, asker = this.#make(name));
    return asker;
  }

  /** Whether the peer takes another request of an asker now. */
  hasRoom(asker: Asker): boolean {
    const { requests, requestBytes, isParent } = this.#limits;
    if (isParent !== true) return asker.requests < requests && asker.bytes < requestBytes;
    if (asker === this.own) {
      return this.#othersRequests + asker.requests < requests && this.#othersBytes + asker.bytes < requestBytes;
    }
    return this.own.requests + this.#othersRequests < requests && this.own.bytes + this.#othersBytes < requestBytes &&
      asker.requests * ASKER_PART < requests / FORWARDED_PART - this.#othersRequests &&
      asker.bytes * ASKER_PART < requestBytes / FORWARDED_PART - this.#othersBytes;
  }

  /** Whether a request has to wait for others of the same asker. */
  mustHold(asker: Asker): boolean {
    return asker.held.size > 0 || !this.hasRoom(asker);
  }

  /** The asker holds something. */
  holds(asker: Asker): void {
    this.#holding.add(asker);
  }

  /** Whose turn it is to send something that is held; it must send, or be `holds()` again. */
  next(): Asker | undefined {
    if (this.#holding.size === 0) return undefined;
    for (const asker of this.#holding) {
      if (asker.held.size === 0) {
        this.#holding.delete(asker);
        this.leave(asker);
      } else if (this.hasRoom(asker)) {
        // The next turn comes after those of the others.
        this.#holding.delete(asker);
        this.#holding.add(asker);
        return asker;
      }
    }
    return undefined;
  }

  /** A request has left. */
  opened(asker: Asker, bytes: number): void {
    this.#count(asker, 1, bytes);
  }

  /** It was answered. */
  closed(asker: Asker, bytes: number): void {
    this.#count(asker, -1, -bytes);
    if (asker.requests === 0) this.leave(asker);
  }

  /** Forgets an asker that asks nothing. */
  leave(asker: Asker): void {
    if (asker === this.own || asker.requests > 0 || asker.held.size > 0) return;
    this.#holding.delete(asker);
    if (this.#others.get(asker.name) === asker) this.#others.delete(asker.name);
  }

  /** Forgets all that is held. */
  clear(): void {
    for (const asker of this.#holding) asker.held.clear();
    this.#holding.clear();
  }

  #make(name: string): Asker {
    const asker: Asker = new Asker(name, this.#makeHeld(() => asker));
    return asker;
  }

  #count(asker: Asker, requests: number, bytes: number): void {
    asker.requests += requests;
    asker.bytes += bytes;
    if (asker === this.own) return;
    this.#othersRequests += requests;
    this.#othersBytes += bytes;
  }
}

/** What several have queued: each one's things in their order, and by turns between them, however much one has queued. */
export class FairQueue<T> {
  /** Those that have something queued, in the order of their turns. */
  readonly #queues = new Map<string, Deque<T>>();
  #size = 0;

  /** How many things are queued. */
  get size(): number {
    return this.#size;
  }

  /** Queues a thing of `whose`. */
  push(whose: string, thing: T): void {
    let queue = this.#queues.get(whose);
    if (queue === undefined) this.#queues.set(whose, queue = new Deque());
    queue.push(thing);
    this.#size++;
  }

  /** Takes the first thing of the one whose turn it is. */
  shift(): T | undefined {
    for (const [whose, queue] of this.#queues) {
      const thing = queue.shift();
      this.#queues.delete(whose);
      if (queue.size > 0) this.#queues.set(whose, queue);
      this.#size--;
      return thing;
    }
    return undefined;
  }
}

/** Fits every heap: how large this one is, is asked above that only. */
const SAFE_FOREIGN_BYTES = 32 * 1024 * 1024;
/** Of the heap. A program needs the rest itself, and for what it is being sent. */
const FOREIGN_PART = 3 / 8;

/**
 * What all objects of a process keep that others have put there, and how much that may be: see `docs/decisions/hub_bounds.md`. Each of
 * its neighbours may have as much as is still free: one alone half of all, and there is always room for another.
 */
export class ForeignBytes {
  readonly #of = new Map<string, number>();
  #total = 0;
  #limit: number | undefined;

  /** @param limit How many bytes there may be. @default three eighths of the heap */
  constructor(limit?: number) {
    this.#limit = limit;
  }

  /** So much more, or less. It is of the neighbour that a process is, or is behind; "" is nobody's in particular. */
  add(process: string, bytes: number): void {
    this.#total += bytes;
    const neighbour = askerOf(process);
    if (neighbour === "") return;
    const sum = (this.#of.get(neighbour) ?? 0) + bytes;
    if (sum > 0) this.#of.set(neighbour, sum);
    else this.#of.delete(neighbour);
  }

  /** Whether a process may put something here. */
  hasRoomFor(process: string): boolean {
    return this.has((this.#of.get(askerOf(process)) ?? 0) + 1);
  }

  /** Whether there is room for so much more. */
  has(bytes: number): boolean {
    const sum = this.#total + bytes;
    if (sum <= SAFE_FOREIGN_BYTES && this.#limit === undefined) return true;
    return sum <= (this.#limit ??= Math.max(SAFE_FOREIGN_BYTES, FOREIGN_PART * heapBytes()));
  }

  /** What it has for all, in MiB, for messages. */
  get limitMiB(): number {
    return Math.round((this.#limit ?? FOREIGN_PART * heapBytes()) / 2 ** 20);
  }
}

/** Those of this process. */
export const foreignBytes: ForeignBytes = new ForeignBytes();
