/**
 * The place where this process's shared objects live, and through which it reaches those of others.
 *
 * An object belongs to the process that made it. A handle that leaves this process for a peer (the parent, or a child)
 * exports the object to that peer; a request for anything else is hostile. What a peer asks of an object that
 * lives elsewhere is forwarded, on the way that its handle came.
 *
 * An export ends when the peer has no handle left, or is gone. Each side counts: how often the handle was
 * sent, how often it arrived; so a handle that is on its way is never taken for one that was released.
 */
import { shared } from "../copies.ts";
import { ProtocolError } from "../errors.ts";
import { epochMs } from "../timer.ts";
import { type Handle, type HandleData, handleFactory, type ObjectRef, REF } from "./handle.ts";
import { LocalRef, type LocalRefHost, OwnTurns } from "./local_ref.ts";
import { originOf, Origins } from "./origins.ts";
import type { Peer } from "./peer.ts";
import { PendingCount } from "./requests/pending_count.ts";
import { type Import, RemoteRef, type RemoteRefHost } from "./remote_ref.ts";
import { ObjectCalls } from "./object_calls.ts";
import { canDo, type SharedObject } from "./shared_object.ts";
import { InFlightHandle } from "./in_flight_handle.ts";
import type { Caller, WaitOptions } from "./wait_queue.ts";

/** An id is a UUID and a number. It is kept for as long as the object is known, and its first part for as long as the peer lives. */
const MOST_ID_UNITS = 80;

/** The shared objects of one process, and its peers. */
export class Hub implements LocalRefHost, RemoteRefHost {
  /** A quick clock for short times, in milliseconds. */
  readonly clock: () => number;
  /** Calls of this process's own code that wait: those who may answer them must be heard. */
  readonly waits: PendingCount = new PendingCount();
  /** Calls of its objects. */
  readonly calls: ObjectCalls = new ObjectCalls();
  /** When its own code's calls let others have their turn. */
  readonly turns: OwnTurns = new OwnTurns();
  readonly #origin = crypto.randomUUID();
  readonly #peers = new Set<Peer>();
  readonly #imports = new Map<string, Import>();
  readonly #origins = new Origins();
  readonly #collected = new FinalizationRegistry<Import>((entry) => this.forgetIfUnused(entry));
  readonly #collectedHere = new FinalizationRegistry<SharedObject>((object) => object.dropped!("here", false));
  #lastId = 0;
  #lastPeer = 0;
  /** The task that is running in this process; 0 when none is. */
  currentTask: () => number = () => 0;

  /** A hub without objects and peers. */
  constructor(clock: () => number = epochMs) {
    this.clock = clock;
  }

  /** Gives an object of this process its reference. */
  own(type: string, object: SharedObject): ObjectRef {
    return this.#ownAgain(type, `${this.#origin}:${++this.#lastId}`, object);
  }

  /** A name for the link to the next peer, which no other has, so that no two processes are ever taken for one. */
  nextPeerKey(): string {
    return `${++this.#lastPeer}`;
  }

  /** A peer that can be told things. */
  join(peer: Peer): void {
    this.#peers.add(peer);
  }

  /** How many processes are next to this one. */
  get peerCount(): number {
    return this.#peers.size;
  }

  /** Lets a peer use what a handle stands for. */
  export(handle: Handle, peer: Peer): void {
    const sent = handle instanceof InFlightHandle ? handle.handle : handle;
    const ref = sent[REF] as LocalRef | RemoteRef;
    // A peer on the way to the owner had it before this process.
    if (!(ref instanceof RemoteRef && ref.peer === peer)) {
      if (ref instanceof RemoteRef) ref.entry.origin.isShown = true;
      if (peer.addExport(ref.id, sent) && ref instanceof LocalRef) ref.object?.held?.("elsewhere");
    }
    if (handle instanceof InFlightHandle) handle.sent();
  }

  /** The handle that arrived from a peer, as it was first sent. Throws ProtocolError for one that it cannot have. */
  decodeHandle(data: unknown, peer: Peer): Handle {
    const { type, id } = (data ?? {}) as Partial<HandleData>;
    if (typeof type !== "string" || typeof id !== "string" || id.length > MOST_ID_UNITS) {
      throw new ProtocolError("a handle is malformed");
    }
    const exported = peer.exported(id);
    if (exported !== undefined) return exported;
    if (originOf(id) === this.#origin) throw new ProtocolError("a handle to an object that was never sent");
    this.#origins.check(id, peer);
    const known = this.#imports.get(id)?.current.deref();
    const handle = known === undefined || known.isClosed ? this.#import(type, id, peer) : known.handle!;
    this.#imports.get(id)!.received++;
    return handle;
  }

  /** Whether an operation of the object can be called. Of one that lives elsewhere, its owner knows. */
  knows(handle: Handle, operation: string): boolean {
    const ref = handle[REF] as LocalRef | RemoteRef;
    if (ref instanceof RemoteRef || ref.object === undefined) return true;
    return canDo(ref.object, operation);
  }

  /** Whether the result of an operation is a copy of much, which is made in steps. */
  isCopy(handle: Handle, operation: string): boolean {
    const ref = handle[REF] as LocalRef | RemoteRef;
    return !(ref instanceof RemoteRef) && ref.object?.copies?.has(operation) === true;
  }

  /** Serves a peer's request, here or where the object lives. */
  serve(
    peer: Peer,
    handle: Handle,
    operation: string,
    args: unknown[],
    caller: Caller,
    wait: WaitOptions,
  ): unknown {
    const ref = handle[REF] as LocalRef | RemoteRef;
    if (ref instanceof RemoteRef) {
      peer.forwardedTo.add(ref.peer);
      return ref.peer.questions.forward(ref.id, operation, args, caller, wait);
    }
    const { object } = ref;
    if (object?.processEnded !== undefined) peer.touch(ref.id, object);
    return this.calls.call(object, operation, caller, wait, args);
  }

  /** A peer has no handle to an object left. */
  released(handle: Handle, ended: boolean): void {
    const ref = handle[REF] as LocalRef | RemoteRef;
    if (ref instanceof LocalRef) ref.object?.dropped?.("elsewhere", ended);
    else this.forgetIfUnused(ref.entry);
  }

  /** A peer has ended, and all processes behind it. */
  linkClosed(peer: Peer): void {
    this.#peers.delete(peer);
    this.#origins.peerClosed(peer);
    for (const [id, entry] of this.#imports) if (entry.peer === peer) this.#imports.delete(id);
    this.#tellEnded(peer, peer.key);
    for (const other of this.#peers) other.forwardedTo.delete(peer);
  }

  /** A process behind a peer has ended. */
  processEnded(peer: Peer, path: string): void {
    this.#tellEnded(peer, `${peer.key}/${path}`);
  }

  /** Releases what this process has no handle to any more, if that is so. */
  forgetIfUnused(entry: Import): void {
    if (this.#imports.get(entry.id) !== entry || entry.holds > 0) return;
    const current = entry.current.deref();
    if (current !== undefined && !current.isClosed) return;
    for (const peer of this.#peers) if (peer.exported(entry.id) !== undefined) return;
    this.#imports.delete(entry.id);
    entry.peer.imports.removeObject();
    this.#origins.remove(entry.origin);
    if (entry.received > 0) entry.peer.release(entry.id, entry.received, entry.closed);
  }

  /** Another handle to an object of this process, whose first one was closed. */
  reopen(ref: LocalRef): Handle {
    return handleFactory(ref.type)!(this.#ownAgain(ref.type, ref.id, ref.object!));
  }

  /** Another handle to an object of another process, whose first one was closed. */
  reimport(entry: Import): Handle {
    const current = entry.current.deref();
    if (current !== undefined && !current.isClosed) return current.handle!;
    entry.closed = false;
    return this.#makeRemote(entry);
  }

  #ownAgain(type: string, id: string, object: SharedObject): LocalRef {
    const ref = new LocalRef(this, type, id, object);
    if (object.held !== undefined) {
      object.held("here");
      this.#collectedHere.register(ref, object, ref);
    }
    return ref;
  }

  /** A handle was closed: its collection means nothing more. */
  forgetCollection(ref: LocalRef): void {
    this.#collectedHere.unregister(ref);
  }

  #tellEnded(peer: Peer, ended: string): void {
    peer.tellObjects((process) => process === ended || process.startsWith(`${ended}/`));
    for (const next of peer.forwardedTo) next.tellEnded(ended);
  }

  #import(type: string, id: string, peer: Peer): Handle {
    const known = this.#imports.get(id);
    if (known !== undefined) return this.reimport(known);
    if (handleFactory(type) === undefined) throw new ProtocolError(`a handle of unknown type ${JSON.stringify(type)}`);
    peer.imports.addObject();
    const origin = this.#origins.add(id, peer);
    const entry: Import = { id, type, peer, origin, current: undefined!, received: 0, holds: 0, closed: false };
    this.#imports.set(id, entry);
    return this.#makeRemote(entry);
  }

  #makeRemote(entry: Import): Handle {
    const ref = new RemoteRef(this, entry);
    entry.current = new WeakRef(ref);
    this.#collected.register(ref, entry);
    ref.handle = handleFactory(entry.type)!(ref);
    return ref.handle;
  }
}

/** The hub of this process: its objects outlive any one pool, and every peer's handles meet here. */
export const hub: Hub = shared("hub", () => new Hub());
