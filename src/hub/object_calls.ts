import { ClosedError } from "../errors.ts";
import { askerOf, FairQueue } from "./requests/askers.ts";
import { ServingTime } from "./requests/serving_time.ts";
import { operate, type SharedObject, type Steps } from "./shared_object.ts";
import { type Caller, cancellation, RemoteWait, type WaitOptions } from "./wait_queue.ts";

/** How long all operations that are done in steps hold up the event loop in one turn. */
const SLICE_MS = 8;

/** Who waits for the result of a call. */
interface Waiting {
  readonly caller: Caller;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A call that waits for those before it. */
interface WaitingCall extends Waiting {
  readonly operation: string;
  readonly wait: WaitOptions;
  readonly args: unknown[];
}

/** An object in the midst of a long operation, and what was called of it meanwhile. */
interface Busy {
  current: { readonly steps: Steps; readonly waiting: Waiting } | undefined;
  readonly next: FairQueue<WaitingCall>;
}

/**
 * Calls the operations of this process's objects.
 *
 * To sort a list of a million items takes long, and a worker may ask for it again and again. So long operations are done in
 * steps, for some milliseconds in each turn of the event loop, and what is called of the object meanwhile waits: each operation stays atomic.
 */
export class ObjectCalls {
  /** In the order of their turns. */
  readonly #busy = new Map<SharedObject, Busy>();
  readonly #time = new ServingTime(SLICE_MS, () => this.#goOn());
  /** How many calls of this process's own code wait. */
  #own = 0;

  /** Whether an operation is not done yet. */
  get isBusy(): boolean {
    return this.#busy.size > 0;
  }

  /** How long was worked on steps, in all. */
  get totalMs(): number {
    return this.#time.totalMs;
  }

  /** Calls an operation. Throws ClosedError when there is no such object, TypeError when there is no such operation. */
  call(
    object: SharedObject | undefined,
    operation: string,
    caller: Caller,
    wait: WaitOptions,
    args: unknown[],
  ): unknown {
    if (object === undefined) throw closed();
    const busy = this.#busy.size === 0 ? undefined : this.#busy.get(object);
    if (busy !== undefined) {
      return this.#later(caller, (waiting) => {
        busy.next.push(askerOf(caller.process), { ...waiting, operation, wait, args });
      });
    }
    const steps = stepsOf(object, operation, caller, args);
    if (steps === undefined) return operate(object, operation, caller, wait, args);
    return this.#begin(object, caller, steps);
  }

  /** The object was closed: nothing more is done to it. */
  close(object: SharedObject): void {
    const busy = this.#busy.get(object);
    if (busy === undefined) return;
    this.#busy.delete(object);
    if (this.#busy.size === 0) this.#time.close();
    busy.current?.steps.return(undefined);
    busy.current?.waiting.reject(closed());
    for (let call = busy.next.shift(); call !== undefined; call = busy.next.shift()) call.reject(closed());
  }

  /** What takes no longer than the turn is done at once. Most takes one step, and no look at the clock. */
  #begin(object: SharedObject, caller: Caller, steps: Steps): unknown {
    const first = steps.next();
    if (first.done === true) return first.value;
    while (this.#time.begin()) {
      try {
        const { done, value } = steps.next();
        if (done === true) return value;
      } finally {
        this.#time.end();
      }
    }
    const result = this.#later(caller, (waiting) => {
      this.#busy.set(object, { current: { steps, waiting }, next: new FairQueue() });
    });
    this.#goOnLater();
    return result;
  }

  #later(caller: Caller, start: (waiting: Waiting) => void): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const isOwn = caller.process === "";
    if (isOwn) this.#own++;
    const settled = <T>(settle: (value: T) => void) => (value: T): void => {
      if (isOwn) this.#own--;
      settle(value);
    };
    start({ caller, resolve: settled(resolve), reject: settled(reject) });
    if (isOwn) this.#goOnLater();
    return promise;
  }

  /** The program lives until what its own code has called is done. It does not live on to serve others. */
  #goOnLater(): void {
    if (this.#busy.size > 0) this.#time.goOnLater(this.#own > 0);
  }

  /** One step for each object in turn. */
  #goOn(): void {
    while (this.#busy.size > 0 && this.#time.begin()) {
      for (const [object, busy] of this.#busy) {
        this.#busy.delete(object);
        if (advance(object, busy)) this.#busy.set(object, busy);
        break;
      }
      this.#time.end();
    }
    this.#goOnLater();
  }
}

/** Takes one step. Returns whether there is another. */
function advance(object: SharedObject, busy: Busy): boolean {
  if (busy.current === undefined) beginNext(object, busy, busy.next.shift()!);
  else takeStep(busy, busy.current);
  return busy.current !== undefined || busy.next.size > 0;
}

function takeStep(busy: Busy, { steps, waiting }: NonNullable<Busy["current"]>): void {
  try {
    const { done, value } = steps.next();
    if (done !== true) return;
    waiting.resolve(value);
  } catch (error) {
    waiting.reject(error);
  }
  busy.current = undefined;
}

function beginNext(object: SharedObject, busy: Busy, call: WaitingCall): void {
  const { operation, caller, wait, args } = call;
  // Nobody looks at the result, and thousands may have been asked for.
  if (wait instanceof RemoteWait && wait.isCancelled) return call.reject(cancellation());
  try {
    const steps = stepsOf(object, operation, caller, args);
    if (steps !== undefined) busy.current = { steps, waiting: call };
    else call.resolve(operate(object, operation, caller, wait, args));
  } catch (error) {
    call.reject(error);
  }
}

function stepsOf(object: SharedObject, operation: string, caller: Caller, args: unknown[]): Steps | undefined {
  const { longOperations } = object;
  if (longOperations === undefined || !Object.hasOwn(longOperations, operation)) return undefined;
  return longOperations[operation]!(caller, ...args);
}

function closed(): ClosedError {
  return new ClosedError("Cannot use the object: it was closed, or its owner has ended");
}
