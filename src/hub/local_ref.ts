import { brand } from "../copies.ts";
import { checkWait } from "../timer.ts";
import { Delivery } from "./delivery.ts";
import type { Handle, ObjectRef } from "./handle.ts";
import { EncodedValue } from "./encoded_value.ts";
import type { PendingCount } from "./requests/pending_count.ts";
import type { ObjectCalls } from "./object_calls.ts";
import type { SharedObject } from "./shared_object.ts";
import type { WaitOptions } from "./wait_queue.ts";

/** What a reference needs of the hub that has the object. */
export interface LocalRefHost {
  /** Calls of this process's own code that wait. */
  readonly waits: PendingCount;
  /** Calls of its objects. */
  readonly calls: ObjectCalls;
  /** The task that is running in this process; 0 when none is. */
  readonly currentTask: () => number;
  /** Another handle to the object, whose first one was closed. */
  reopen(ref: LocalRef): Handle;
  /** Its handle was closed: that it is collected means nothing more. */
  forgetCollection(ref: LocalRef): void;
}

/** A reference to an object of this process. */
export class LocalRef implements ObjectRef {
  readonly type: string;
  readonly id: string;
  readonly deferredRelease = undefined;
  readonly prefetch = undefined;
  readonly #hub: LocalRefHost;
  #object: SharedObject | undefined;
  #closed = false;

  constructor(hub: LocalRefHost, type: string, id: string, object: SharedObject) {
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
    checkWait(wait);
    if (wait.signal?.aborted) throw wait.signal.reason;
    let value = this.#hub.calls.call(this.#object, operation, { process: "", task: this.task }, wait, args);
    if (value instanceof Promise) value = await this.#wait(value);
    return EncodedValue.open(value instanceof Delivery ? value.value : value);
  }

  /** Within a process, nothing is on its way: there is nothing to prefetch. */
  take(_operation: string, _args: unknown[], receive: (item: Delivery | undefined) => void): void {
    receive(undefined);
  }

  /** Closes the object. Its id stays known as long as a peer has a handle: to send that back is not a breach. */
  release(): void {
    const object = this.#object;
    this.#object = undefined;
    if (object !== undefined) this.#hub.calls.close(object);
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

brand({ LocalRef });
