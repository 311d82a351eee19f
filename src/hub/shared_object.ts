import type { Caller, WaitOptions } from "./wait_queue.ts";

/** One operation of a shared object. It may return a promise; a wait ends with its options. */
// deno-lint-ignore no-explicit-any -- each operation checks its own arguments: they may come from hostile code
export type Operation = (caller: Caller, wait: WaitOptions, ...args: any[]) => unknown;

/** What is left of a long operation: a step takes less than a millisecond or so, the last one has the result. */
export type Steps<T = unknown> = Generator<void, T, void>;

/** One operation of a shared object that takes long when the object is large. Nothing is done before the first step. */
// deno-lint-ignore no-explicit-any -- as above
export type LongOperation = (caller: Caller, ...args: any[]) => Steps;

/**
 * Where somebody has a handle: in the process that owns the object, or elsewhere, which is another process, or a
 * message that has not left yet.
 */
export type Holder = "here" | "elsewhere";

/**
 * The owner's side of something that processes share. Handles in other processes call its operations by name.
 *
 * Operations run one after another, in the owner's event loop: each is atomic up to its first wait. A long one is atomic as a whole, though
 * the event loop turns between its steps.
 */
export interface SharedObject {
  /** What may be called, and nothing else. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** What may be called besides. */
  readonly longOperations?: Readonly<Record<string, LongOperation>>;
  /** Those of them whose results are large: a process gets one at a time, and the next when it has read that. */
  readonly copies?: ReadonlySet<string>;
  /** A process has ended: what it held is free, its waits are over. */
  processEnded?(isEnded: (process: string) => boolean): void;
  /** Its owner closed it, for everybody: waits are over. Nothing is called afterwards, unless it is `reachableWhenClosed`. */
  close?(): void;
  /** Whether some of its operations are for those who have it when it is closed. The others it refuses itself. */
  readonly reachableWhenClosed?: boolean;
  /** There is one holder more. */
  held?(holder: Holder): void;
  /**
   * There is one holder less: it closed its handle or died, or, if not `ended`, merely has no more use for it.
   * An object that wants to know outlives the owner's handle: it is not told to `close()`.
   */
  dropped?(holder: Holder, ended: boolean): void;
}

/** Whether there is such an operation. */
export function canDo({ operations, longOperations }: SharedObject, name: string): boolean {
  return Object.hasOwn(operations, name) || (longOperations !== undefined && Object.hasOwn(longOperations, name));
}

/** Runs an operation that is not long. Throws TypeError when there is no such operation. */
export function operate(
  object: SharedObject,
  name: string,
  caller: Caller,
  wait: WaitOptions,
  args: unknown[],
): unknown {
  if (!Object.hasOwn(object.operations, name)) {
    throw new TypeError(`Cannot call ${JSON.stringify(name)}: the object has no such operation`);
  }
  return object.operations[name]!(caller, wait, ...args);
}

/** The objects of this process that must know when a peer ends. Weak: one that is gone need not be told anything. */
export class TouchedObjects {
  readonly #objects = new Map<string, WeakRef<SharedObject>>();
  #sweepAt = 64;

  /** Adds one, if it is new. */
  add(id: string, object: SharedObject): void {
    if (this.#objects.has(id)) return;
    this.#objects.set(id, new WeakRef(object));
    if (this.#objects.size < this.#sweepAt) return;
    for (const [id, object] of this.#objects) if (object.deref() === undefined) this.#objects.delete(id);
    this.#sweepAt = Math.max(64, this.#objects.size * 2);
  }

  /** Tells all that processes have ended. */
  tell(isEnded: (process: string) => boolean): void {
    for (const object of this.#objects.values()) object.deref()?.processEnded?.(isEnded);
  }
}
