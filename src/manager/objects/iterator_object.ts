import { ClosedError, EncodingError } from "../../errors.ts";
import { isHandle } from "../../hub/handle.ts";
import { EncodedValue } from "../../hub/encoded_value.ts";
import type { Holder, Operation, SharedObject } from "../../hub/shared_object.ts";
import { travellingError } from "../../hub/thrown.ts";
import type { Caller } from "../../hub/wait_queue.ts";
import { movedTo, notSending } from "../../wire/unsendable.ts";

/** What a registered method returned that goes on producing values. */
export type AnyIterator = Iterator<unknown, unknown, unknown> | AsyncIterator<unknown, unknown, unknown>;

type Step = IteratorResult<unknown, unknown>;

/** The owner's side of a generator: each step is one call. */
export class IteratorObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    next: (_caller, _wait, ...args) => this.#step(() => this.#iterator.next(...args as [unknown])),
    return: (_caller, _wait, value) => this.#step(() => this.#iterator.return?.(value) ?? { done: true, value }),
    throw: (_caller, _wait, error) =>
      this.#step(() => {
        if (this.#iterator.throw === undefined) throw error;
        return this.#iterator.throw(error);
      }),
  };
  readonly #iterator: AnyIterator;
  readonly #maker: Caller;
  readonly #onEnd: (object: IteratorObject) => void;
  readonly #holders: Record<Holder, number> = { here: 0, elsewhere: 0 };
  #ended = false;
  #closed = false;

  /**
   * @param maker Who called the method that made it.
   * @param onEnd Called when there is nothing more to come.
   */
  constructor(iterator: AnyIterator, maker: Caller, onEnd: (object: IteratorObject) => void) {
    this.#iterator = iterator;
    this.#maker = maker;
    this.#onEnd = onEnd;
  }

  held(holder: Holder): void {
    this.#holders[holder]++;
  }

  dropped(holder: Holder, ended: boolean): void {
    this.#holders[holder]--;
    const { here, elsewhere } = this.#holders;
    if (here + elsewhere === 0 || (ended && this.#isMeant(holder))) this.close();
  }

  /** Lets the generator clean up. What goes wrong there is the program's affair: nobody else hears of it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#ended) return;
    this.#end();
    await this.#cleanUp();
  }

  async #cleanUp(): Promise<void> {
    await this.#iterator.return?.(undefined);
  }

  /** Whether a holder's end is the iterator's: the owner's, or the last elsewhere, when it was made for one there. */
  #isMeant(holder: Holder): boolean {
    return holder === "here" || (this.#maker.process !== "" && this.#holders.elsewhere === 0);
  }

  #step(advance: () => Step | Promise<Step>): unknown {
    if (this.#closed) throw new ClosedError("Cannot use the iterator: it was closed");
    try {
      const step = advance();
      if (!(step instanceof Promise)) return this.#answer(step);
      return step.then((step) => this.#answer(step)).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #answer({ done = false, value }: Step): unknown {
    if (done) this.#end();
    try {
      return EncodedValue.capture({ done, value }, true);
    } catch (error) {
      // A loop takes that for the end, and does not come back to close the generator.
      if (!done) void this.#cleanUp();
      if (!(error instanceof EncodingError)) throw error;
      const path = error.path.replace(/^\$\.value/, "$");
      throw notSending(`what the generator ${done ? "returned" : "yielded"}`, movedTo(path, error));
    }
  }

  #fail(error: unknown): never {
    this.#end();
    throw travellingError("The generator", error);
  }

  #end(): void {
    this.#ended = true;
    this.#onEnd(this);
  }
}

/** Whether a registered method returned something that goes on producing values. */
export function isIterator(value: unknown): value is AnyIterator {
  if (typeof value !== "object" || value === null || isHandle(value)) return false;
  const { next, [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = value as Record<PropertyKey, unknown>;
  return typeof next === "function" && (typeof sync === "function" || typeof async === "function");
}
