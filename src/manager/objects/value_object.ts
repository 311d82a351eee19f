import type { Operation, SharedObject } from "../../hub/shared_object.ts";
import { sum } from "../checks.ts";
import { copyOf } from "../call.ts";

/** The owner's side of a value. */
export class ValueObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    get: () => this.#value,
    set: (_caller, _wait, value) => void this.#set(value),
    add: (_caller, _wait, amount) => this.#set(sum(this.#value, amount)),
    read: () => ({ version: this.#version, value: this.#value }),
    write: (_caller, _wait, version, value) => {
      if (version !== this.#version) return { version: this.#version, value: this.#value };
      this.#set(value);
    },
  };
  #value: unknown;
  #version = 1;

  constructor(value: unknown) {
    this.#value = copyOf(value);
  }

  #set(value: unknown): unknown {
    this.#version++;
    this.#value = value;
    return value;
  }
}
