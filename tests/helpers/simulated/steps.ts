import type { SharedObject, Steps } from "../../../src/hub/shared_object.ts";

/** Takes all steps of a long operation at once. */
export function result<T>(steps: Steps<T>): T {
  while (true) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Calls an operation for a worker, and takes all its steps. */
export function callAtOnce({ operations, longOperations }: SharedObject, name: string, ...args: unknown[]): unknown {
  const caller = { process: "1", task: 0 };
  const long = longOperations?.[name];
  return long === undefined ? operations[name]!(caller, {}, ...args) : result(long(caller, ...args));
}
