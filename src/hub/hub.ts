/**
 * The place where this process's shared objects live, and through which it reaches those of others.
 *
 * An object belongs to the process that made it. A handle that leaves this process for a neighbour (the parent, or a child)
 * grants that neighbour the object; a request for anything else is hostile. What a neighbour asks of an object that
 * lives elsewhere is passed on the way its handle came.
 *
 * A grant is given back when the neighbour has no handle left, or is gone. Each side counts: how often the handle was
 * sent, how often it arrived; so a handle that is on its way is never taken for one that was given back.
 */
import { shared } from "../copies.ts";
import { ProtocolError } from "../errors.ts";
import { type Handle, type HandleData, handleFactory, type ObjectRef, REF } from "./handle.ts";
import { LocalRef, type LocalRefHost } from "./local_ref.ts";
import type { Neighbour } from "./neighbour.ts";
import { PendingCount } from "./pending_count.ts";
import { type Import, RemoteRef, type RemoteRefHost } from "./remote_ref.ts";
import { operate, type SharedObject } from "./shared_object.ts";
import { Ticket } from "./ticket.ts";
import type { Caller, WaitOptions } from "./wait_queue.ts";

export { HandleCollector } from "./ticket.ts";

/** The shared objects of one process, and its neighbours. */
export class Hub implements LocalRefHost, RemoteRefHost {
  /** Calls of this process's own code that wait: whoever may answer them must be heard. */
  readonly waits: PendingCount = new PendingCount();
  readonly #origin = crypto.randomUUID();
  readonly #neighbours = new Set<Neighbour>();
  readonly #imports = new Map<string, Import>();
  /** Which way each process lies that has sent handles. */
  readonly #routes = new Map<string, Neighbour>();
  readonly #collected = new FinalizationRegistry<Import>((entry) => this.forgetIfUnused(entry));
  readonly #collectedHere = new FinalizationRegistry<SharedObject>((object) => object.dropped!("here", false));
  #lastId = 0;
  #lastLink = 0;
  /** The task that is running in this process; 0 when none is. */
  currentTask: () => number = () => 0;

  /** Gives an object of this process its reference. */
  own(type: string, object: SharedObject): ObjectRef {
    return this.#ownAgain(type, `${this.#origin}:${++this.#lastId}`, object);
  }

  /** A name for the link to the next neighbour, which no other has, so that no two processes are ever taken for one. */
  nextLinkKey(): string {
    return `${++this.#lastLink}`;
  }

  /** A neighbour that can be told things. */
  join(link: Neighbour): void {
    this.#neighbours.add(link);
  }

  /** How many processes are next to this one. */
  get neighbourCount(): number {
    return this.#neighbours.size;
  }

  /** Lets a neighbour use what a handle stands for. */
  grant(handle: Handle, link: Neighbour): void {
    const sent = handle instanceof Ticket ? handle.handle : handle;
    const ref = sent[REF] as LocalRef | RemoteRef;
    // Whoever is on the way to the owner needs no grant.
    if (!(ref instanceof RemoteRef && ref.route === link)) {
      if (link.grant(ref.id, sent) && ref instanceof LocalRef) ref.object?.held?.("elsewhere");
    }
    if (handle instanceof Ticket) handle.use();
  }

  /** The handle that arrived from a neighbour, as it was first sent. Throws ProtocolError for one that it cannot have. */
  decodeHandle(data: unknown, link: Neighbour): Handle {
    const { type, id } = (data ?? {}) as Partial<HandleData>;
    if (typeof type !== "string" || typeof id !== "string") throw new ProtocolError("a handle is malformed");
    const granted = link.granted(id);
    if (granted !== undefined) return granted;
    const origin = originOf(id);
    if (origin === this.#origin) throw new ProtocolError("a handle to an object that was never sent");
    const route = this.#routes.get(origin);
    // Each process lies one way only: a neighbour may not claim what came from elsewhere.
    if (route !== undefined && route !== link) throw new ProtocolError("a handle to an object of another process");
    const known = this.#imports.get(id)?.current.deref();
    const handle = known === undefined || known.isClosed ? this.#import(type, id, link) : known.handle!;
    link.countReceived(id);
    return handle;
  }

  /** Serves a neighbour's request, here or where the object lives. */
  serve(
    link: Neighbour,
    handle: Handle,
    operation: string,
    args: unknown[],
    caller: Caller,
    wait: WaitOptions,
  ): unknown {
    const ref = handle[REF] as LocalRef | RemoteRef;
    if (ref instanceof RemoteRef) {
      link.passedOnTo.add(ref.route);
      return ref.route.requests.passOn(ref.id, operation, args, caller, wait);
    }
    const { object } = ref;
    if (object?.processEnded !== undefined) link.touch(ref.id, object);
    return operate(object, operation, caller, wait, args);
  }

  /** A neighbour has no handle to an object left. */
  released(handle: Handle, ended: boolean): void {
    const ref = handle[REF] as LocalRef | RemoteRef;
    if (ref instanceof LocalRef) ref.object?.dropped?.("elsewhere", ended);
    else this.forgetIfUnused(ref.entry);
  }

  /** A neighbour has ended, and all processes behind it. */
  linkClosed(link: Neighbour): void {
    this.#neighbours.delete(link);
    for (const [origin, route] of this.#routes) if (route === link) this.#routes.delete(origin);
    for (const [id, { route }] of this.#imports) if (route === link) this.#imports.delete(id);
    this.#tellEnded(link, link.key);
    for (const other of this.#neighbours) other.passedOnTo.delete(link);
  }

  /** A process behind a neighbour has ended. */
  processEnded(link: Neighbour, path: string): void {
    this.#tellEnded(link, `${link.key}/${path}`);
  }

  /** Tells the owner of an object that this process needs it no more, if that is so. */
  forgetIfUnused(entry: Import): void {
    if (this.#imports.get(entry.id) !== entry || entry.holds > 0) return;
    const current = entry.current.deref();
    if (current !== undefined && !current.isClosed) return;
    for (const neighbour of this.#neighbours) if (neighbour.granted(entry.id) !== undefined) return;
    this.#imports.delete(entry.id);
    entry.route.release(entry.id, entry.closed);
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

  #tellEnded(link: Neighbour, ended: string): void {
    link.tellObjects((process) => process === ended || process.startsWith(`${ended}/`));
    for (const next of link.passedOnTo) next.tellEnded(ended);
  }

  #import(type: string, id: string, link: Neighbour): Handle {
    const known = this.#imports.get(id);
    if (known !== undefined) return this.reimport(known);
    if (handleFactory(type) === undefined) throw new ProtocolError(`a handle of unknown type ${JSON.stringify(type)}`);
    const entry: Import = { id, type, route: link, current: undefined!, holds: 0, closed: false };
    this.#imports.set(id, entry);
    this.#routes.set(originOf(id), link);
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

function originOf(id: string): string {
  const end = id.indexOf(":");
  return end < 0 ? id : id.slice(0, end);
}

/** The hub of this process: its objects outlive any one pool, and every neighbour's handles meet here. */
export const hub: Hub = shared("hub", () => new Hub());
