import type { FunctionSpec } from "../../wire/protocol.ts";
import { textOfSpec } from "../../worker/function_table.ts";

/** Gives each function a number, which stands for it in messages: a worker gets each description once. */
export class FunctionNumbers {
  // Mostly the same function is the same object. What comes from elsewhere may be a new one each time.
  readonly #bySpec = new WeakMap<FunctionSpec, number>();
  readonly #byText = new Map<string, number>();
  #last: { readonly spec: FunctionSpec | undefined; readonly number: number } = { spec: undefined, number: 0 };

  /** The number of a function. */
  of(spec: FunctionSpec): number {
    // A flood of calls is mostly one of one function.
    if (spec === this.#last.spec) return this.#last.number;
    let number = this.#bySpec.get(spec);
    if (number === undefined) {
      const text = textOfSpec(spec);
      number = this.#byText.get(text) ?? this.#byText.size + 1;
      this.#byText.set(text, number);
      this.#bySpec.set(spec, number);
    }
    this.#last = { spec, number };
    return number;
  }
}
