import { ProtocolError } from "../errors.ts";
import type { Peer } from "./peer.ts";

/** A process whose objects this process has handles of, or had. */
export interface Origin {
  readonly name: string;
  /** The peer that it is, or is behind. */
  readonly peer: Peer;
  /** How many of its objects are known here. */
  objects: number;
  /** Whether another peer has learnt its name, with a handle. */
  isShown: boolean;
}

/** So many names of each peer are remembered of which nothing else is known any more. */
const MOST_REMEMBERED = 10_000;

/**
 * Which peer each process is behind that has sent handles: another peer may not claim what it made.
 *
 * A name is known as long as an object of the process is. If another peer has learnt it, it is remembered for longer, since that
 * could claim it then.
 */
export class Origins {
  readonly #origins = new Map<string, Origin>();
  readonly #remembered = new Map<Peer, Set<Origin>>();

  /** The process that has made an object. Throws ProtocolError if the peer cannot have sent a handle of that. */
  check(objectId: string, peer: Peer): void {
    const known = this.#origins.get(originOf(objectId));
    if (known !== undefined && known.peer !== peer) throw new ProtocolError("a handle to an object of another process");
  }

  /** An object is known from now on. Throws ProtocolError if the peer has sent those of too many processes. */
  add(objectId: string, peer: Peer): Origin {
    const name = originOf(objectId);
    let origin = this.#origins.get(name);
    if (origin === undefined || origin.objects === 0) peer.imports.addOrigin();
    if (origin === undefined) this.#origins.set(name, origin = { name, peer, objects: 0, isShown: false });
    else if (origin.objects === 0) this.#remembered.get(peer)?.delete(origin);
    origin.objects++;
    return origin;
  }

  /** An object is forgotten. */
  remove(origin: Origin): void {
    if (--origin.objects > 0) return;
    origin.peer.imports.removeOrigin();
    if (origin.isShown) this.#remember(origin);
    else this.#origins.delete(origin.name);
  }

  /** A peer is gone, and all processes behind it. */
  peerClosed(peer: Peer): void {
    this.#remembered.delete(peer);
    for (const [name, origin] of this.#origins) if (origin.peer === peer) this.#origins.delete(name);
  }

  #remember(origin: Origin): void {
    let remembered = this.#remembered.get(origin.peer);
    if (remembered === undefined) this.#remembered.set(origin.peer, remembered = new Set());
    remembered.add(origin);
    if (remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = remembered;
    remembered.delete(oldest!);
    this.#origins.delete(oldest!.name);
  }
}

/** Names the process that made an object. */
export function originOf(objectId: string): string {
  const end = objectId.indexOf(":");
  return end < 0 ? objectId : objectId.slice(0, end);
}
