import { brand } from "../copies.ts";
import { ClosedError } from "../errors.ts";
import { inMicrotask } from "../timer.ts";
import type { Handle, ObjectRef } from "./handle.ts";
import type { Origin } from "./origins.ts";
import type { Peer } from "./peer.ts";
import type { DeferredRelease } from "./deferred_release.ts";
import type { Delivery } from "./delivery.ts";
import type { WaitOptions } from "./wait_queue.ts";

/** What is known of an object that another process owns. */
export interface Import {
  readonly id: string;
  readonly type: string;
  /** The one it came from, which is on the way to its owner. */
  readonly peer: Peer;
  /** The process that made it. */
  readonly origin: Origin;
  /** What code of this process has, if it has it still. */
  current: WeakRef<RemoteRef>;
  /** How often a handle to it has arrived: the peer counts how often it was sent. */
  received: number;
  /** Messages that have not left yet. */
  holds: number;
  /** Whether it was closed here, as opposed to forgotten. */
  closed: boolean;
}

/** What a reference needs of the hub that the handle came to. */
export interface RemoteRefHost {
  /** The task that is running in this process; 0 when none is. */
  readonly currentTask: () => number;
  /** Another handle to the object, whose first one was closed. */
  reimport(entry: Import): Handle;
  /** Releases what this process has no handle to any more, if that is so. */
  forgetIfUnused(entry: Import): void;
}

/** A reference to an object of another process. */
export class RemoteRef implements ObjectRef {
  /** What it is shared with: other handles to the same object. */
  readonly entry: Import;
  prefetch: ObjectRef["prefetch"];
  /** Its handle: the two are collected together. */
  handle: Handle | undefined;
  readonly #hub: RemoteRefHost;
  #closed = false;

  constructor(hub: RemoteRefHost, entry: Import) {
    this.#hub = hub;
    this.entry = entry;
  }

  get type(): string {
    return this.entry.type;
  }

  get id(): string {
    return this.entry.id;
  }

  /** The peer on the way to the object. */
  get peer(): Peer {
    return this.entry.peer;
  }

  get deferredRelease(): DeferredRelease {
    return this.peer.deferredRelease;
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
    return this.peer.questions.ask(this, operation, args, this.task, wait);
  }

  take(operation: string, args: unknown[], receive: (item: Delivery | undefined) => void): void {
    if (this.#closed) return receive(undefined);
    this.peer.questions.take(this, operation, args, this.task, receive);
  }

  release(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.entry.closed = true;
    this.peer.questions.cancel(this);
    this.#hub.forgetIfUnused(this.entry);
  }

  hold(): void {
    this.entry.holds++;
  }

  unhold(): void {
    this.entry.holds--;
    // Later: the message that takes it away must leave before the object is released.
    inMicrotask(() => this.#hub.forgetIfUnused(this.entry));
  }

  open(handle: Handle): Handle {
    return this.#closed ? this.#hub.reimport(this.entry) : handle;
  }
}

brand({ RemoteRef });
