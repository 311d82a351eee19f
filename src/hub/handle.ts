import { brand, shared, sharedSymbol } from "../copies.ts";
import type { Delivery } from "./delivery.ts";
import type { DeferredRelease } from "./deferred_release.ts";
import type { WaitOptions } from "./wait_queue.ts";
import { refuseArguments } from "../shown.ts";

/** Something that was fetched ahead of those who want it. */
export interface Recallable {
  /** Gives it back, for other code of this process that wants it first. No more is fetched until `goOn()`. */
  recall(): Promise<void>;
  /** Lets it be fetched again, when that code has asked. */
  goOn(): void;
  /** Whether it was recalled, and may not go on. */
  readonly isRecalled: boolean;
}

/** How a handle reaches the object that it stands for, in this process or another. */
export interface ObjectRef {
  /** Names the class of the handle in every process. */
  readonly type: string;
  /** Names the object among all processes. */
  readonly id: string;
  /**
   * Calls an operation of the object.
   *
   * @param operation Its name.
   * @param args Its arguments, which must be able to travel.
   * @param wait How long to wait for the answer; without it, as long as it takes.
   * @returns What it gives.
   * @throws {EndOfStreamError} If the process that owns the object has ended.
   */
  call(operation: string, args: unknown[], wait?: WaitOptions): Promise<unknown>;
  /**
   * Calls an operation that delivers something, which is this process's only once it is acknowledged.
   * `receive` is called once, in the turn in which the answer arrives; without a value, if there is none.
   *
   * @internal
   */
  take(operation: string, args: unknown[], receive: (item: Delivery | undefined) => void): void;
  /**
   * Where a lock of another process is released.
   *
   * @internal
   */
  readonly deferredRelease: DeferredRelease | undefined;
  /** The task that is running in this process; 0 when none is. */
  readonly task: number;
  /**
   * What has fetched something for code of this process that may not want it.
   *
   * @internal
   */
  prefetch: Recallable | undefined;
  /** Ends the object for all processes, if this one owns it; otherwise does nothing. */
  release(): void;
  /** Closes it for this process: calls reject with ClosedError. What it means for other processes depends on the object. */
  close(): void;
  /** Whether it was closed for this process. */
  readonly isClosed: boolean;
  /** Whether code of this process can send it. */
  readonly canTravel: boolean;
  /** A message that has not left yet holds the object. */
  hold(): void;
  /** That message has left, or never will; `ended` if it died with its receiver. */
  unhold(ended?: boolean): void;
  /**
   * The handle for code of this process: `handle`, or if that was closed, another one.
   *
   * @internal
   */
  open(handle: Handle): Handle;
}

/** Where a handle keeps its reference: by symbol, so that handles show no more than their own methods. */
export const REF: unique symbol = sharedSymbol("ref") as never;

/** A value that stands for a shared object, and may travel to other processes. */
export interface Handle {
  readonly [REF]: ObjectRef;
}

/** Whether a value is a handle. */
export function isHandle(value: object): value is Handle {
  return REF in value;
}

/** What stands for an object on the wire. */
export interface HandleData {
  readonly type: string;
  readonly id: string;
}

/**
 * What all handles have: their reference, and their end.
 *
 * @example The end of a lock
 * ```ts
 * import { Lock } from "@corral/multiprocessing";
 *
 * const lock = new Lock();
 * lock.close();
 * console.log(await lock.acquire().catch((error) => error.name)); // ClosedError
 * ```
 */
export abstract class SharedHandle implements Disposable {
  /** How the handle travels. */
  readonly [REF]: ObjectRef;

  /** Only handles make their reference. */
  constructor(ref: ObjectRef) {
    this[REF] = ref;
  }

  /**
   * Ends the object, if this process made it: waits, and later calls, reject with ClosedError in all processes. In other processes
   * it does nothing. Harmless when called again.
   */
  close(): void {
    refuseArguments("close()", arguments);
    this[REF].release();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The wire's form of a value, if it is a handle. */
export function describeHandle(value: object): HandleData | undefined {
  if (!isHandle(value)) return undefined;
  const { type, id } = value[REF];
  return { type, id };
}

/** Makes a handle of one class around a reference. */
export type HandleFactory = (ref: ObjectRef) => Handle;

const factories = shared("handleFactories", () => new Map<string, HandleFactory>());

/** Makes a class of handles known, so that its handles can arrive from other processes. Of several copies the first is. */
export function registerHandleType(type: string, factory: HandleFactory): void {
  if (!factories.has(type)) factories.set(type, factory);
}

/** Makes a class of handles known, whose handles need nothing but their reference. */
export function registerHandleClass(type: string, handleClass: { readonly prototype: Handle }): void {
  brand({ [type]: handleClass });
  registerHandleType(type, (ref) => Object.create(handleClass.prototype, { [REF]: { value: ref } }) as Handle);
}

let loadClasses = (): void => {};

/** Says how the classes of handles load that are not known yet. Called once, when a handle of such a class arrives. */
export function loadHandleClassesBy(load: () => void): void {
  loadClasses = load;
}

/** The factory of a class of handles. */
export function handleFactory(type: string): HandleFactory | undefined {
  if (!factories.has(type)) {
    const load = loadClasses;
    loadClasses = () => {};
    load();
  }
  return factories.get(type);
}
