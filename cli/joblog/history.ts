/** What became of a record in earlier runs. */
export type Fate = "unknown" | "done" | "failed";

const FATES: readonly Fate[] = ["unknown", "done", "failed"];
const FIRST_SIZE = 1024;

/** The records of a joblog by their sequence numbers, in a few bytes each. */
export class RunHistory {
  /** The highest sequence number. */
  last = 0;
  #fates = new Uint8Array(FIRST_SIZE);
  /** The first 64 bits of the record's hash. */
  #hashes = new BigUint64Array(FIRST_SIZE);

  /** Notes a record; what was noted before of it no longer counts. */
  note(sequence: number, hash: string, isFailed: boolean): void {
    if (sequence >= this.#fates.length) this.#grow(sequence);
    this.#fates[sequence] = isFailed ? 2 : 1;
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
