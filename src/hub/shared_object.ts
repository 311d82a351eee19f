import { brand } from "../copies.ts";
import { ClosedError } from "../errors.ts";
import type { Caller, WaitOptions } from "./wait_queue.ts";

/** One operation of a shared object. It may return a promise; a wait ends with its options. */
// deno-lint-ignore no-explicit-any -- each operation checks its own arguments: they may come from hostile code
export type Operation = (caller: Caller, wait: WaitOptions, ...args: any[]) => unknown;

/**
 * Where somebody has a handle: in the process that owns the object, or elsewhere, which is another process, or a
 * message that has not left yet.
 */
export type Holder = "here" | "elsewhere";

/**
 * The owner's side of something that processes share. Handles in other processes call its operations by name.
 *
 * Operations run one after another, in the owner's event loop: each is atomic up to its first wait.
 */
export interface SharedObject {
  /** What may be called, and nothing else. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** A process has ended: what it held is free, its waits are over. */
  processEnded?(isEnded: (process: string) => boolean): void;
  /** Its owner closed it, for everybody: waits are over. Nothing is called afterwards. */
  close?(): void;
  /** There is one holder more. */
  held?(holder: Holder): void;
  /**
   * There is one holder less: it closed its handle or died, or, if not `ended`, merely has no more use for it.
   * An object that wants to know outlives the owner's handle: it is not told to `close()`.
   */
  dropped?(holder: Holder, ended: boolean): void;
}

/**
 * One or several things on their way to another process. Each is the receiver's when the receiver has accepted it, in their
 * order; if that process ends before, the rest is put back.
 */
export class Handover {
  /** The thing; or if there are several, as the receiver has asked, an array of them. */
  readonly value: unknown;
  /** How many things these are. */
  readonly size: number;
  readonly #onPutBack: (left: number) => void;
  readonly #onAccept: () => void;
  #left: number;

  /** @param onPutBack Is told how many things at the end were not accepted. */
  constructor(value: unknown, onPutBack: (left: number) => void, onAccept: () => void = () => {}, size = 1) {
    this.value = value;
    this.size = size;
    this.#onPutBack = onPutBack;
    this.#onAccept = onAccept;
    this.#left = size;
  }

  /** Whether nothing is left to be accepted. */
  get isSettled(): boolean {
    return this.#left === 0;
  }

  /** The receiver has the next thing. Does nothing when there is none left. */
  accept(): void {
    if (this.#left === 0) return;
    this.#left--;
    this.#onAccept();
  }

  /** The receiver is gone, or wants no more. What it has not accepted goes back. */
  putBack(): void {
    const left = this.#left;
    this.#left = 0;
    if (left > 0) this.#onPutBack(left);
  }
}

brand({ Handover });

/** Runs an operation. Throws ClosedError when there is no such object, TypeError when there is no such operation. */
export function operate(
  object: SharedObject | undefined,
  name: string,
  caller: Caller,
  wait: WaitOptions,
  args: unknown[],
): unknown {
  if (object === undefined) throw new ClosedError("Cannot use the object: it was closed, or its owner has ended");
  if (!Object.hasOwn(object.operations, name)) {
    throw new TypeError(`Cannot call ${JSON.stringify(name)}: the object has no such operation`);
  }
  return object.operations[name]!(caller, wait, ...args);
}
