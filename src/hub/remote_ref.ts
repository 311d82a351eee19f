import { brand } from "../copies.ts";
import { ClosedError } from "../errors.ts";
import { inMicrotask } from "../timer.ts";
import type { Handle, ObjectRef } from "./handle.ts";
import type { Neighbour } from "./neighbour.ts";
import type { ReturnedTurns } from "./returned_turns.ts";
import type { Handover } from "./shared_object.ts";
import type { WaitOptions } from "./wait_queue.ts";

/** What is known of an object that another process owns. */
export interface Import {
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

/** What a reference needs of the hub that the handle came to. */
export interface RemoteRefHost {
  /** The task that is running in this process; 0 when none is. */
  readonly currentTask: () => number;
  /** Another handle to the object, whose first one was closed. */
  reimport(entry: Import): Handle;
  /** Tells the owner of the object that this process needs it no more, if that is so. */
  forgetIfUnused(entry: Import): void;
}

/** A reference to an object of another process. */
export class RemoteRef implements ObjectRef {
  /** What it is shared with: other handles to the same object. */
  readonly entry: Import;
  ahead: ObjectRef["ahead"];
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
    return this.route.requests.ask(this, operation, args, this.task, wait);
  }

  take(operation: string, args: unknown[], receive: (item: Handover | undefined) => void): void {
    if (this.#closed) return receive(undefined);
    this.route.requests.take(this, operation, args, this.task, receive);
  }

  release(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.entry.closed = true;
    this.route.requests.cancel(this);
    this.#hub.forgetIfUnused(this.entry);
  }

  hold(): void {
    this.entry.holds++;
  }

  unhold(): void {
    this.entry.holds--;
    // Later: the message that takes it away must leave before the grant is given back.
    inMicrotask(() => this.#hub.forgetIfUnused(this.entry));
  }

  open(handle: Handle): Handle {
    return this.#closed ? this.#hub.reimport(this.entry) : handle;
  }
}

brand({ RemoteRef });
