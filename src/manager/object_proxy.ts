import { EncodedValue } from "../hub/encoded_value.ts";
import { type ObjectRef, registerHandleType, SharedHandle } from "../hub/handle.ts";
import type { IteratorProxy } from "./iterator.ts";
import { call } from "./call.ts";
import { namingGiven } from "./given.ts";
import { isReserved } from "./registered_type.ts";

/** Names the class of registered objects in every process. */
export const OBJECT = "ObjectProxy";

/** What a method of a registered object gives through a proxy: generators give iterators, all else is the same. */
export type ProxyResult<R> = R extends Iterator<infer T, infer Return, infer Next> ? IteratorProxy<T, Return, Next>
  : R extends AsyncIterator<infer T, infer Return, infer Next> ? IteratorProxy<T, Return, Next>
  : R;

/**
 * An object of a registered type, as other processes see it: each method is asynchronous.
 *
 * Methods that are not exposed reject with TypeError. Fields are not there at all.
 *
 * @typeParam T The class.
 */
export type ObjectProxy<T> = {
  readonly [
    // deno-lint-ignore no-explicit-any -- only `any` lets every method match
    K in keyof T as T[K] extends (...args: any[]) => unknown ? K extends `_${string}` | symbol ? never : K : never
  ]:
    // deno-lint-ignore no-explicit-any -- as above
    T[K] extends (...args: infer A extends any[]) => infer R ? (...args: A) => Promise<ProxyResult<Awaited<R>>> : never;
};

/** The proxy of what a reference stands for. It does not know what is exposed: the owner refuses what is not. */
export function makeObjectProxy(ref: ObjectRef): SharedHandle {
  return new Proxy(Object.freeze(new ObjectHandle(ref)), {
    get(handle, name) {
      if (typeof name === "symbol" || isReserved(name)) return Reflect.get(handle, name);
      return (...args: unknown[]): Promise<unknown> =>
        namingGiven(
          (path) => canTravel(args) ? path : path.replace(/^\$\[1\](?=\[)/, "$"),
          () => call(handle, "call", [name, args]),
        );
    },
  });
}

/** What a method throws, or returns, may not travel either. */
function canTravel(args: readonly unknown[]): boolean {
  try {
    EncodedValue.abandon(EncodedValue.capture(args, true));
    return true;
  } catch {
    return false;
  }
}

class ObjectHandle extends SharedHandle {}

registerHandleType(OBJECT, makeObjectProxy);
