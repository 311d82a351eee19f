import type { WaitOptions } from "./wait_queue.ts";

/** How a handle reaches the object that it stands for, in this process or another. */
export interface ObjectRef {
  /** Names the class of the handle in every process. */
  readonly type: string;
  /** Names the object among all processes. */
  readonly id: string;
  /** Calls an operation of the object. Rejects with EndOfStreamError when its owner has ended. */
  call(operation: string, args: unknown[], wait?: WaitOptions): Promise<unknown>;
  /** Ends the object for everybody, if this process owns it; otherwise only forgets it. */
  release(): void;
}

/** Where a handle keeps its reference: by symbol, so that handles show no more than their own methods. */
export const REF = Symbol("corral.ref");

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

/** The wire's form of a value, if it is a handle. */
export function describeHandle(value: object): HandleData | undefined {
  if (!isHandle(value)) return undefined;
  const { type, id } = value[REF];
  return { type, id };
}

/** Makes a handle of one class around a reference. */
export type HandleFactory = (ref: ObjectRef) => Handle;

const factories = new Map<string, HandleFactory>();

/** Makes a class of handles known, so that its handles can arrive from other processes. */
export function registerHandleType(type: string, factory: HandleFactory): void {
  factories.set(type, factory);
}

/** The factory of a class of handles. */
export function handleFactory(type: string): HandleFactory | undefined {
  return factories.get(type);
}
