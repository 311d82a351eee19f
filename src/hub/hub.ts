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
import { ClosedError, ProtocolError } from "../errors.ts";
import { type Handle, type HandleData, handleFactory, type ObjectRef, REF } from "./handle.ts";
import { Parcel } from "./parcel.ts";
import { PendingCount } from "./pending_count.ts";
import type { ReturnedTurns } from "./returned_turns.ts";
import { Handover, operate, type SharedObject } from "./shared_object.ts";
import { Ticket } from "./ticket.ts";
import type { Caller, WaitOptions } from "./wait_queue.ts";

export { HandleCollector } from "./ticket.ts";

/** A process next to this one, as the hub sees it. */
export interface Neighbour {
  /** Names the neighbour among those of this process. */
  readonly key: string;
  /** Notes that the neighbour was sent a handle. It keeps the handle alive here. Returns whether it is the first. */
  grant(id: string, handle: Handle): boolean;
  /** The handle that the neighbour was sent, if it was. */
  granted(id: string): Handle | undefined;
  /** Counts how often the neighbour sent a handle, so that the grant can be given back whole. */
  countReceived(id: string): void;
  /** Gives the neighbour's grant of an object back. */
  release(id: string, closed: boolean): void;
  /** Notes that an object of this process has to know when the neighbour ends. */
  touch(id: string, object: SharedObject): void;
  /** Tells those objects that processes have ended. */
  tellObjects(isEnded: (process: string) => boolean): void;
  /** Notes to whom requests of this neighbour were passed on. */
  readonly passedOnTo: Set<Neighbour>;
  /** Tells the neighbour that a process on this side has ended. */
  tellEnded(path: string): void;
  /** Asks the neighbour, or whoever is behind it, to run an operation, for a process behind another neighbour. */
  passOn(id: string, operation: string, args: unknown[], caller: Caller, wait: WaitOptions): Promise<unknown>;
  /** The same for this process. What is handed over is accepted at once. */
  request(ref: ObjectRef, operation: string, args: unknown[], task: number, wait: WaitOptions): Promise<unknown>;
  /** See `ObjectRef.take()`. */
  take(
    ref: ObjectRef,
    operation: string,
    args: unknown[],
    task: number,
    receive: (item: Handover | undefined) => void,
  ): void;
  /** What this process has given back to the neighbour, or to one behind it. */
  readonly turns: ReturnedTurns;
  /** Ends the waits of a reference that was closed. */
  cancelRequests(ref: ObjectRef): void;
}

/** What is known of an object that another process owns. */
interface Import {
  readonly id: string;
  readonly type: string;
  readonly route: Neighbour;
  /** What code of this process has, if it has it still. */
  current: WeakRef<RemoteRef>;
  /** Messages that have not left yet. */
  holds: number;
  /** Whether it was closed here, as opposed to forgotten. */
  closed: boolean;
}

/** The shared objects of one process, and its neighbours. */
export class Hub {
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
  /** The task that is running in this process; 0 when none is. */
  currentTask: () => number = () => 0;

  /** Gives an object of this process its reference. */
  own(type: string, object: SharedObject): ObjectRef {
    return this.#ownAgain(type, `${this.#origin}:${++this.#lastId}`, object);
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
      return ref.route.passOn(ref.id, operation, args, caller, wait);
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

/** A reference to an object of this process. */
export class LocalRef implements ObjectRef {
  readonly type: string;
  readonly id: string;
  readonly turns = undefined;
  readonly ahead = undefined;
  readonly #hub: Hub;
  #object: SharedObject | undefined;
  #closed = false;

  constructor(hub: Hub, type: string, id: string, object: SharedObject) {
    this.#hub = hub;
    this.type = type;
    this.id = id;
    this.#object = object;
  }

  /** The object, until it is closed. */
  get object(): SharedObject | undefined {
    return this.#object;
  }

  get task(): number {
    return this.#hub.currentTask();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get canTravel(): boolean {
    return !this.#closed || this.#object?.held === undefined;
  }

  async call(operation: string, args: unknown[], wait: WaitOptions = {}): Promise<unknown> {
    if (wait.signal?.aborted) throw wait.signal.reason;
    let value = operate(this.#object, operation, { process: "", task: this.task }, wait, args);
    if (value instanceof Promise) value = await this.#wait(value);
    return Parcel.unpack(value instanceof Handover ? value.value : value);
  }

  /** Within a process, nothing is on its way: there is nothing to take ahead. */
  take(_operation: string, _args: unknown[], receive: (item: Handover | undefined) => void): void {
    receive(undefined);
  }

  /** Closes the object. Its id stays known as long as a neighbour has a handle: to send that back is no offence. */
  release(): void {
    const object = this.#object;
    this.#object = undefined;
    object?.close?.();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#object?.dropped === undefined) return this.release();
    this.#hub.forgetCollection(this);
    this.#object.dropped("here", true);
  }

  hold(): void {
    this.#object?.held?.("elsewhere");
  }

  unhold(ended = false): void {
    this.#object?.dropped?.("elsewhere", ended);
  }

  open(handle: Handle): Handle {
    return this.canTravel ? handle : this.#hub.reopen(this);
  }

  async #wait(value: Promise<unknown>): Promise<unknown> {
    const { waits } = this.#hub;
    waits.begin();
    try {
      return await value;
    } finally {
      waits.end();
    }
  }
}

/** A reference to an object of another process. */
export class RemoteRef implements ObjectRef {
  /** What it is shared with: other handles to the same object. */
  readonly entry: Import;
  ahead: ObjectRef["ahead"];
  /** Its handle: the two are collected together. */
  handle: Handle | undefined;
  readonly #hub: Hub;
  #closed = false;

  constructor(hub: Hub, entry: Import) {
    this.#hub = hub;
    this.entry = entry;
  }

  get type(): string {
    return this.entry.type;
  }

  get id(): string {
    return this.entry.id;
  }

  /** The neighbour on the way to the object. */
  get route(): Neighbour {
    return this.entry.route;
  }

  get turns(): ReturnedTurns {
    return this.route.turns;
  }

  get task(): number {
    return this.#hub.currentTask();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get canTravel(): boolean {
    return !this.#closed;
  }

  call(operation: string, args: unknown[], wait: WaitOptions = {}): Promise<unknown> {
    if (wait.signal?.aborted) return Promise.reject(wait.signal.reason);
    if (this.#closed) return Promise.reject(new ClosedError(`Cannot use the ${this.type}: it was closed here`));
    return this.route.request(this, operation, args, this.task, wait);
  }

  take(operation: string, args: unknown[], receive: (item: Handover | undefined) => void): void {
    if (this.#closed) return receive(undefined);
    this.route.take(this, operation, args, this.task, receive);
  }

  release(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.entry.closed = true;
    this.route.cancelRequests(this);
    this.#hub.forgetIfUnused(this.entry);
  }

  hold(): void {
    this.entry.holds++;
  }

  unhold(): void {
    this.entry.holds--;
    // Later: the message that takes it away must leave before the grant is given back.
    queueMicrotask(() => this.#hub.forgetIfUnused(this.entry));
  }

  open(handle: Handle): Handle {
    return this.#closed ? this.#hub.reimport(this.entry) : handle;
  }
}

function originOf(id: string): string {
  const end = id.indexOf(":");
  return end < 0 ? id : id.slice(0, end);
}

/** The hub of this process: its objects outlive any one pool, and every neighbour's handles meet here. */
export const hub: Hub = new Hub();
