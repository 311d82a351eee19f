import { brand } from "../copies.ts";
import { checkWait, delay, monotonicMs } from "../timer.ts";
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
  /** When its own code's calls let others have their turn. */
  readonly turns: OwnTurns;
  /** The task that is running in this process; 0 when none is. */
  readonly currentTask: () => number;
  /** Another handle to the object, whose first one was closed. */
  reopen(ref: LocalRef): Handle;
  /** Its handle was closed: that it is collected means nothing more. */
  forgetCollection(ref: LocalRef): void;
}

/** After how many calls the clock is looked at. */
const CALLS_PER_LOOK = 32;

/** How long calls may hold up the event loop. */
const SLICE_MS = 8;

/**
 * Lets the event loop turn while code calls objects of its own process again and again. Such a call has its answer at once, so a loop like
 * `while (!await event.isSet())` runs in microtasks alone: without this, the message that ends it would never be read.
 */
export class OwnTurns {
  #calls = 0;
  #turnedAt = -Infinity;
  #turn: Promise<void> | undefined;

  /** Call it behind each call. Returns a turn from time to time, for the caller to wait for; all others do until it comes, to keep the order. */
  due(): Promise<void> | undefined {
    if (this.#turn !== undefined) return this.#turn;
    this.#calls = (this.#calls + 1) % CALLS_PER_LOOK;
    if (this.#calls !== 0 || monotonicMs() - this.#turnedAt < SLICE_MS) return undefined;
    return this.#turn = this.#next();
  }

  async #next(): Promise<void> {
    await delay();
    this.#turn = undefined;
    this.#turnedAt = monotonicMs();
  }
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
    const { calls, turns } = this.#hub;
    try {
      checkWait(wait);
      if (wait.signal?.aborted) throw wait.signal.reason;
      let value = calls.call(this.#object, operation, { process: "", task: this.task }, wait, args);
      if (value instanceof Promise) value = await this.#wait(value);
      return EncodedValue.open(value instanceof Delivery ? value.value : value);
    } finally {
      // A guard that is disposed of leaves nothing behind that goes on.
      const turn = operation === "releaseToken" ? undefined : turns.due();
      if (turn !== undefined) await turn;
    }
  }

  /** Within a process, nothing is on its way: there is nothing to prefetch. */
  take(_operation: string, _args: unknown[], receive: (item: Delivery | undefined) => void): void {
    receive(undefined);
  }

  /** Closes the object. Its id stays known as long as a peer has a handle: to send that back is not a violation. */
  release(): void {
    const object = this.#object;
    if (object?.reachableWhenClosed === true) return object.close?.();
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
