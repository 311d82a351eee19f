import type { Operation, SharedObject } from "../../hub/shared_object.ts";
import { itemsOf, optionalBound, placeOf, sum } from "../checks.ts";
import { shown } from "../../shown.ts";
import { kindOfView, viewOf } from "../../wire/codec/binary.ts";
import type { Versioned } from "../call.ts";

/** A typed array of numbers. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float16Array
  | Float32Array
  | Float64Array;

/** A typed array of bigints. */
export type BigIntArray = BigInt64Array | BigUint64Array;

/** What both kinds have in common. */
interface Items {
  readonly length: number;
  [index: number]: unknown;
  slice(start?: number, end?: number): unknown;
  fill(value: unknown, start?: number, end?: number): unknown;
}

/** The owner's side of an array. */
export class ArrayObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    at: (_caller, _wait, index) => this.#items[this.#placeOf(index)],
    set: (_caller, _wait, index, values) => this.#set(index, values),
    add: (_caller, _wait, index, amount) => {
      const place = this.#placeOf(index);
      this.#set(place, [sum(this.#items[place], amount)]);
      return this.#items[place];
    },
    read: (_caller, _wait, index) => this.#read(index),
    write: (_caller, _wait, index, version, value) => {
      const current = this.#read(index);
      if (!Object.is(current.version, version)) return current;
      this.#set(index, [value]);
      return undefined;
    },
    slice: (_caller, _wait, start, end) => this.#items.slice(optionalBound(start), optionalBound(end)),
    fill: (_caller, _wait, value, start, end) =>
      void this.#items.fill(this.#checked(value), optionalBound(start), optionalBound(end)),
    length: () => this.#items.length,
  };
  readonly #type: "number" | "bigint";
  readonly #items: Items;

  /** Keeps the array, which nobody else may have. */
  constructor(items: NumberArray | BigIntArray) {
    this.#type = items instanceof BigInt64Array || items instanceof BigUint64Array ? "bigint" : "number";
    this.#items = items as Items;
  }

  #placeOf(index: unknown): number {
    return placeOf(index, this.#items.length, "array");
  }

  #checked(value: unknown): unknown {
    const type = typeof value;
    if (type === this.#type) return value;
    throw new TypeError(`Cannot store ${shown(value)} in the array: a ${this.#type} is wanted`);
  }

  /** All or nothing: the values are checked before any of them is stored. */
  #set(index: unknown, values: unknown): void {
    if (!Array.isArray(values) || values.length === 0) return;
    for (const value of values) this.#checked(value);
    const first = this.#placeOf(index);
    if (first + values.length > this.#items.length) {
      throw new RangeError(
        `Cannot store ${values.length} items at index ${first}: the array has ${this.#items.length} items`,
      );
    }
    for (const [offset, value] of values.entries()) this.#items[first + offset] = value;
  }

  /** A number is its own version: if it came back to what it was, nothing has changed. */
  #read(index: unknown): Versioned {
    const value = this.#items[this.#placeOf(index)];
    return { version: value, value };
  }
}

/** The numbers that a caller gives for an array: how many zeros, or the items. Throws TypeError or RangeError. */
export function numbersOf(items: number | Iterable<number> | BigIntArray): NumberArray | BigIntArray {
  if (typeof items === "number") {
    if (Number.isSafeInteger(items) && items >= 0) return new Float64Array(items);
    throw new RangeError(`Cannot make an array of ${shown(items)} numbers: a whole number is wanted, 0 or more`);
  }
  if (isTypedArray(items)) return copyOfNumbers(items);
  const numbers = [...itemsOf(items as Iterable<number>)];
  for (const number of numbers) {
    if (typeof number !== "number") {
      throw new TypeError(`Cannot store ${shown(number)} in the array: a number is wanted`);
    }
  }
  return Float64Array.from(numbers);
}

function isTypedArray(items: unknown): items is NumberArray | BigIntArray {
  return ArrayBuffer.isView(items) && !(items instanceof DataView);
}

/** Of its built-in kind, also of a subclass: a Buffer of Node has a `slice()` that copies nothing. */
function copyOfNumbers(items: NumberArray | BigIntArray): NumberArray | BigIntArray {
  const { buffer, byteOffset, byteLength } = items;
  return viewOf(kindOfView(items), new Uint8Array(buffer, byteOffset, byteLength).slice()) as NumberArray | BigIntArray;
}
