import { describeHandle } from "../hub/handle.ts";
import { encode } from "../wire/codec/codec.ts";
import { isOrdinaryArray, isRecord } from "../wire/codec/realms.ts";
import { MAX_DEPTH } from "../wire/codec/tags.ts";
import type { ComparingCost } from "./comparing.ts";

/** Tells which values are the same data as one, or stand for the same object. The keys of objects count in their order. */
export class Likeness {
  readonly #wanted: unknown;
  readonly #cost: ComparingCost;
  /** Of parts of the wanted value that are neither arrays nor plain objects. */
  readonly #fingerprints = new Map<object, string>();

  /** @param cost Pays for the comparisons. */
  constructor(wanted: unknown, cost: ComparingCost) {
    this.#wanted = wanted;
    this.#cost = cost;
  }

  /** Whether a value is like the wanted one. */
  isLike(value: unknown): boolean {
    const wanted = this.#wanted;
    // Most are primitives, and there may be a million.
    return isObject(wanted) ? this.#compare(wanted, value, 0) : wanted === value || Object.is(wanted, value);
  }

  #compare(wanted: unknown, value: unknown, depth: number): boolean {
    if (!isObject(wanted) || !isObject(value)) {
      this.#cost.payFor(wanted);
      return wanted === value || Object.is(wanted, value);
    }
    if (wanted === value) return true;
    this.#cost.payForItems(depth, 0);
    // What is deeper goes round in a circle.
    if (depth <= MAX_DEPTH) {
      if (isOrdinaryArray(wanted) && isOrdinaryArray(value)) return this.#compareArrays(wanted, value, depth);
      if (isRecord(wanted) && isRecord(value)) return this.#compareRecords(wanted, value, depth);
    }
    return this.#fingerprintOf(wanted) === this.#fingerprint(value);
  }

  #compareArrays(wanted: unknown[], value: unknown[], depth: number): boolean {
    if (wanted.length !== value.length) return false;
    this.#cost.payForItems(depth, wanted.length);
    for (let i = 0; i < wanted.length; i++) {
      if (wanted[i] === undefined && (i in wanted) !== (i in value)) return false;
      if (!this.#compare(wanted[i], value[i], depth + 1)) return false;
    }
    return true;
  }

  #compareRecords(wanted: Record<string, unknown>, value: Record<string, unknown>, depth: number): boolean {
    const [keys, others] = [Object.keys(wanted), Object.keys(value)];
    this.#cost.payForItems(depth, keys.length + others.length);
    return keys.length === others.length &&
      keys.every((key, n) => key === others[n] && this.#compare(wanted[key], value[key], depth + 1));
  }

  #fingerprintOf(wanted: object): string {
    let known = this.#fingerprints.get(wanted);
    if (known === undefined) this.#fingerprints.set(wanted, known = this.#fingerprint(wanted));
    return known;
  }

  #fingerprint(value: object): string {
    const { text, parts } = encode(value, { encode: describeHandle, decode: () => undefined });
    const all = [text, ...parts.map((bytes) => bytes.toBase64())].join();
    this.#cost.pay(all.length);
    return all;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
