import type { Operation, SharedObject } from "../../hub/shared_object.ts";
import { sum } from "../checks.ts";
import type { Caller } from "../../hub/wait_queue.ts";
import { copyOf } from "../call.ts";
import { Kept, sizeOf } from "../kept_bytes.ts";

/** The owner's side of a value. */
export class ValueObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    get: () => this.#value,
    set: (caller, _wait, value) => void this.#set(caller, value),
    add: (caller, _wait, amount) => this.#set(caller, sum(this.#value, amount)),
    read: () => ({ version: this.#version, value: this.#value }),
    write: (caller, _wait, version, value) => {
      if (version !== this.#version) return { version: this.#version, value: this.#value };
      this.#set(caller, value);
      return undefined;
    },
  };
  #value: unknown;
  #version = 1;
  readonly #kept: Kept;

  constructor(value: unknown) {
    this.#value = copyOf(value);
    this.#kept = Kept.of(this);
    this.#kept.begin(sizeOf(this.#value));
  }

  close(): void {
    this.#kept.forget();
  }

  #set(caller: Caller, value: unknown): unknown {
    this.#kept.replace(caller, sizeOf(this.#value), sizeOf(value));
    this.#version++;
    this.#value = value;
    return value;
  }
}
