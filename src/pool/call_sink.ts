import type { CallerStacks } from "./caller_stacks.ts";
import type { TaskSink } from "./task.ts";

/** Settles the promise of one call. */
export class CallSink implements TaskSink {
  readonly resolve: (value: unknown) => void;
  readonly #callerStacks: CallerStacks;

  constructor(resolve: (value: unknown) => void, callerStacks: CallerStacks) {
    this.resolve = resolve;
    this.#callerStacks = callerStacks;
  }

  reject(error: unknown): void {
    this.resolve(this.#callerStacks.rejection(error));
  }
}
