/**
 * The place where this process's shared objects live, and through which it reaches those of others.
 *
 * An object belongs to the process that made it. A handle that leaves this process for a neighbour (the parent, or a child)
 * grants that neighbour the object; a request for anything else is hostile. What a neighbour asks of an object that lives elsewhere is passed
 * on the way its handle came.
 */
import { EndOfStreamError, ProtocolError } from "../errors.ts";
import { describeHandle, type Handle, type HandleData, handleFactory, type ObjectRef, REF } from "./handle.ts";
import type { HandleCodec } from "../wire/codec.ts";
import { Handover, operate, type SharedObject } from "./shared_object.ts";
import type { Caller, WaitOptions } from "./wait_queue.ts";

/** A process next to this one, as the hub sees it. */
export interface Neighbour {
  /** Names the neighbour among those of this process. */
  readonly key: string;
  /** Objects of this process that the neighbour, or one behind it, has used. */
  readonly touched: Set<SharedObject>;
  /** Neighbours to which requests of this one were passed on. */
  readonly passedOnTo: Set<Neighbour>;
  /** Notes that the neighbour was sent a handle. It keeps the handle alive here. */
  grant(id: string, handle: Handle): void;
  /** Whether the neighbour may use the object. */
  isGranted(id: string): boolean;
  /** Takes `count` grants back. Returns whether that was the last. */
  revoke(id: string, count: number): boolean;
  /** All objects that the neighbour may use. */
  grantedIds(): string[];
  /** Counts how often the neighbour sent a handle, so that the grant can be given back whole. */
  countReceived(id: string): void;
  /** Gives the neighbour's grant of an object back. */
  release(id: string): void;
  /** Tells the neighbour that a process on this side has ended. */
  tellEnded(path: string): void;
  /** Asks the neighbour, or whoever is behind it, to run an operation. */
  request(id: string, operation: string, args: unknown[], caller: Caller, wait: WaitOptions): Promise<unknown>;
}

/** Encodes handles before it is known where they go; each must be granted when they leave. */
export function collectHandles(into: Handle[]): HandleCodec {
  return {
    encode(value) {
      const data = describeHandle(value);
      if (data !== undefined) into.push(value as Handle);
      return data;
    },
    decode: () => {
      throw new TypeError("Nothing is decoded here");
    },
  };
}

/** The shared objects of one process, and its neighbours. */
export class Hub {
  /** Objects of this process that a neighbour has a handle to. */
  readonly #exported = new Map<string, { readonly object: SharedObject; readonly handle: Handle; grants: number }>();
  /** Handles to objects of other processes, by their ids, as long as somebody uses them. */
  readonly #imported = new Map<string, WeakRef<Handle>>();
  readonly #routes = new Map<string, Neighbour>();
  readonly #idPrefix = crypto.randomUUID();
  readonly #collected = new FinalizationRegistry<string>((id) => this.#forget(id));
  #lastId = 0;
  /** The task that is running in this process; 0 when none is. */
  currentTask: () => number = () => 0;

  /** Gives an object of this process its reference. */
  own(type: string, object: SharedObject): ObjectRef {
    const ref = new LocalRef(this, type, `${this.#idPrefix}:${++this.#lastId}`, object);
    return ref;
  }

  /** Lets a neighbour use what a handle stands for. */
  grant(handle: Handle, link: Neighbour): void {
    const ref = handle[REF] as LocalRef | RemoteRef;
    if (ref instanceof LocalRef && !link.isGranted(ref.id)) this.#export(ref, handle);
    link.grant(ref.id, handle);
  }

  /** The handle that arrived from a neighbour. Throws ProtocolError for one that it cannot have. */
  decodeHandle(data: unknown, link: Neighbour): Handle {
    const { type, id } = (data ?? {}) as Partial<HandleData>;
    if (typeof type !== "string" || typeof id !== "string") throw new ProtocolError("a handle is malformed");
    if (id.startsWith(this.#idPrefix)) {
      const own = this.#exported.get(id);
      if (own === undefined || !link.isGranted(id)) {
        throw new ProtocolError("a handle to an object that was never sent");
      }
      return own.handle;
    }
    const known = this.#imported.get(id)?.deref();
    if (known !== undefined) {
      // A neighbour may not claim what came from elsewhere, unless it was sent there.
      if (this.#routes.get(id) !== link && !link.isGranted(id)) {
        throw new ProtocolError("a handle to an object of another process");
      }
      if (this.#routes.get(id) === link) link.countReceived(id);
      return known;
    }
    return this.#import(type, id, link);
  }

  /** Serves a neighbour's request, here or where the object lives. */
  async serve(
    link: Neighbour,
    id: string,
    operation: string,
    args: unknown[],
    caller: Caller,
    wait: WaitOptions,
  ): Promise<unknown> {
    const route = this.#routes.get(id);
    if (route !== undefined) {
      link.passedOnTo.add(route);
      return await route.request(id, operation, args, caller, wait);
    }
    const own = this.#exported.get(id);
    if (own !== undefined) link.touched.add(own.object);
    return await operate(own?.object, operation, caller, wait, args);
  }

  /** A neighbour no longer has `count` of the handles it was sent. */
  released(link: Neighbour, id: string, count: number): void {
    if (link.revoke(id, count)) this.#ungrant(id);
  }

  /** A neighbour has ended, and all processes behind it. */
  linkClosed(link: Neighbour): void {
    const isEnded = (process: string): boolean => process === link.key || process.startsWith(`${link.key}/`);
    for (const object of link.touched) object.processEnded?.(isEnded);
    for (const next of link.passedOnTo) next.tellEnded(link.key);
    for (const id of link.grantedIds()) this.#ungrant(id);
    for (const [id, route] of this.#routes) if (route === link) this.#routes.delete(id);
  }

  /** A process behind a neighbour has ended. */
  processEnded(link: Neighbour, path: string): void {
    const ended = `${link.key}/${path}`;
    const isEnded = (process: string): boolean => process === ended || process.startsWith(`${ended}/`);
    for (const object of link.touched) object.processEnded?.(isEnded);
    for (const next of link.passedOnTo) next.tellEnded(ended);
  }

  /** Calls an operation of an object of another process. */
  async callRemote(id: string, operation: string, args: unknown[], wait: WaitOptions): Promise<unknown> {
    const route = this.#routes.get(id);
    if (route === undefined) throw new EndOfStreamError("Cannot use the object: the process that owns it has ended");
    const value = await route.request(id, operation, args, { process: "", task: this.currentTask() }, wait);
    if (!(value instanceof Handover)) return value;
    value.accept();
    return value.value;
  }

  /** Ends an object of this process for everybody. */
  close(id: string): void {
    this.#exported.delete(id);
  }

  #export(ref: LocalRef, handle: Handle): void {
    const entry = this.#exported.get(ref.id);
    if (entry !== undefined) entry.grants++;
    else this.#exported.set(ref.id, { object: ref.object, handle, grants: 1 });
  }

  #ungrant(id: string): void {
    const entry = this.#exported.get(id);
    if (entry !== undefined && --entry.grants === 0) this.#exported.delete(id);
  }

  #import(type: string, id: string, link: Neighbour): Handle {
    const factory = handleFactory(type);
    if (factory === undefined) throw new ProtocolError(`a handle of unknown type ${JSON.stringify(type)}`);
    const handle = factory(new RemoteRef(this, type, id));
    this.#imported.set(id, new WeakRef(handle));
    this.#routes.set(id, link);
    link.countReceived(id);
    this.#collected.register(handle, id);
    return handle;
  }

  /** The last handle of an imported object was collected: its owner may forget the grant. */
  #forget(id: string): void {
    if (this.#imported.get(id)?.deref() !== undefined) return;
    this.#imported.delete(id);
    const route = this.#routes.get(id);
    this.#routes.delete(id);
    route?.release(id);
  }
}

/** A reference to an object of this process. */
export class LocalRef implements ObjectRef {
  readonly type: string;
  readonly id: string;
  readonly object: SharedObject;
  readonly #hub: Hub;

  constructor(hub: Hub, type: string, id: string, object: SharedObject) {
    this.#hub = hub;
    this.type = type;
    this.id = id;
    this.object = object;
  }

  async call(operation: string, args: unknown[], wait: WaitOptions = {}): Promise<unknown> {
    if (wait.signal?.aborted) throw wait.signal.reason;
    const value = await operate(this.object, operation, { process: "", task: this.#hub.currentTask() }, wait, args);
    return value instanceof Handover ? value.value : value;
  }

  release(): void {
    this.#hub.close(this.id);
  }
}

/** A reference to an object of another process. */
export class RemoteRef implements ObjectRef {
  readonly type: string;
  readonly id: string;
  readonly #hub: Hub;

  constructor(hub: Hub, type: string, id: string) {
    this.#hub = hub;
    this.type = type;
    this.id = id;
  }

  async call(operation: string, args: unknown[], wait: WaitOptions = {}): Promise<unknown> {
    if (wait.signal?.aborted) throw wait.signal.reason;
    return await this.#hub.callRemote(this.id, operation, args, wait);
  }

  release(): void {}
}

/** The hub of this process: its objects outlive any one pool, and every neighbour's handles meet here. */
export const hub: Hub = new Hub();
