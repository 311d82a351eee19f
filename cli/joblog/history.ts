import type { HeldResult } from "./held_results.ts";

/** What became of a record in earlier runs. What is `held` was finished, and is not in the output yet. */
export type Fate = "unknown" | "done" | "failed" | "held";

const FATES: readonly Fate[] = ["unknown", "done", "failed", "held"];
const FIRST_SIZE = 1024;

/** The records of a joblog by their sequence numbers, in a few bytes each. */
export class RunHistory {
  /** The highest sequence number. */
  last = 0;
  /** Whether this is all that the joblog has: not where it could not be written to the end of what was to be noted. */
  isWhole = true;
  #fates = new Uint8Array(FIRST_SIZE);
  /** The first 64 bits of the record's hash. */
  #hashes = new BigUint64Array(FIRST_SIZE);
  /** As much as a run held in memory at its end. */
  readonly #held = new Map<number, HeldResult>();

  /** Whether a record has been run without a failure, as far as is known here. */
  get hasSuccess(): boolean {
    return this.#held.size > 0 || this.#fates.includes(FATES.indexOf("done"));
  }

  /** How many records have failed, as far as is known here. */
  get failed(): number {
    const failed = FATES.indexOf("failed");
    return this.#fates.reduce((count, fate) => fate === failed ? count + 1 : count, 0);
  }

  /** The columns of rows that are held; `undefined` where there are none. */
  get heldColumns(): readonly string[] | null | undefined {
    return this.#held.values().find(({ columns }) => columns !== undefined)?.columns;
  }

  /** Notes a record that is in the output, or has failed; what was noted before of it no longer counts. */
  note(sequence: number, hash: string, isFailed: boolean): void {
    this.#held.delete(sequence);
    this.#note(sequence, hash, isFailed ? "failed" : "done");
  }

  /** Notes a record whose results are still to be written. */
  noteHeld(result: HeldResult): void {
    this.#held.set(result.sequence, result);
    this.#note(result.sequence, result.hash, "held");
  }

  /** What was noted of a held record. */
  heldOf(sequence: number): HeldResult | undefined {
    return this.#held.get(sequence);
  }

  #note(sequence: number, hash: string, fate: Fate): void {
    if (sequence >= this.#fates.length) this.#grow(sequence);
    this.#fates[sequence] = FATES.indexOf(fate);
    this.#hashes[sequence] = shortHash(hash);
    if (sequence > this.last) this.last = sequence;
  }

  /** What became of a record. */
  fateOf(sequence: number): Fate {
    return FATES[this.#fates[sequence] ?? 0]!;
  }

  /** Whether a record has the hash that was noted. */
  matches(sequence: number, hash: string): boolean {
    return this.#hashes[sequence] === shortHash(hash);
  }

  #grow(sequence: number): void {
    const size = Math.max(sequence + 1, this.#fates.length * 2);
    const fates = new Uint8Array(size);
    const hashes = new BigUint64Array(size);
    fates.set(this.#fates);
    hashes.set(this.#hashes);
    this.#fates = fates;
    this.#hashes = hashes;
  }
}

function shortHash(hash: string): bigint {
  return BigInt(`0x${hash.slice(0, 16)}`);
}
