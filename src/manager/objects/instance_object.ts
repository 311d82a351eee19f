import { EncodingError } from "../../errors.ts";
import type { ObjectRef } from "../../hub/handle.ts";
import { EncodedValue } from "../../hub/encoded_value.ts";
import type { Operation, SharedObject } from "../../hub/shared_object.ts";
import { travellingError } from "../../hub/thrown.ts";
import type { Caller } from "../../hub/wait_queue.ts";
import { isDense } from "../checks.ts";
import { shown } from "../../shown.ts";
import { ITERATOR, IteratorProxy } from "../iterator.ts";
import { isIterator, IteratorObject } from "./iterator_object.ts";
import { notSending } from "../../wire/unsendable.ts";
import type { RegisteredType } from "../registered_type.ts";

/** Gives an object its reference, for as long as the manager is open. */
export type Own = (type: string, object: SharedObject) => ObjectRef;

/** How many iterators of one object may be open for other processes to get another: each takes memory here. */
const MOST_ITERATORS = 10_000;

/** The owner's side of an instance of a registered type. Only its exposed methods can be called. */
export class InstanceObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    call: (caller, _wait, name, args) => this.#call(caller, name, args),
  };
  readonly #type: RegisteredType;
  readonly #instance: Record<string, (...args: unknown[]) => unknown>;
  readonly #own: Own;
  readonly #iterators = new Set<IteratorObject>();

  constructor(type: RegisteredType, instance: object, own: Own) {
    this.#type = type;
    this.#instance = instance as Record<string, () => unknown>;
    this.#own = own;
  }

  close(): void {
    for (const iterator of this.#iterators) iterator.close();
  }

  #call(caller: Caller, name: unknown, args: unknown): unknown {
    if (typeof name !== "string" || !this.#type.exposed.has(name)) throw this.#refusal(name);
    if (!isDense(args)) throw new TypeError(`Cannot call ${shown(name)}: a list of arguments is wanted`);
    try {
      const result = this.#instance[name]!(...args);
      if (!(result instanceof Promise)) return this.#answer(caller, result);
      return result.then((result) => this.#answer(caller, result)).catch(rethrow);
    } catch (error) {
      rethrow(error);
    }
  }

  /** Packs the result: what the object changes next must not show in it. */
  #answer(caller: Caller, result: unknown): unknown {
    if (!isIterator(result)) return captured(result);
    if (caller.process !== "" && this.#iterators.size >= MOST_ITERATORS) {
      result.return?.(undefined);
      throw new RangeError(
        `Cannot return an iterator: ${MOST_ITERATORS} of the object are open, end some, by a loop that ends or by return()`,
      );
    }
    const object = new IteratorObject(result, caller, (ended) => this.#iterators.delete(ended));
    this.#iterators.add(object);
    return new IteratorProxy(this.#own(ITERATOR, object));
  }

  #refusal(name: unknown): TypeError {
    const { name: type, exposed } = this.#type;
    return new TypeError(
      `Cannot call ${shown(name)}: ${type} exposes ${[...exposed].map(shown).join(", ") || "nothing"}`,
    );
  }
}

function captured(result: unknown): unknown {
  try {
    return EncodedValue.capture(result, true);
  } catch (error) {
    throw error instanceof EncodingError ? notSending("what the method returned", error) : error;
  }
}

function rethrow(thrown: unknown): never {
  throw travellingError("The method", thrown);
}
