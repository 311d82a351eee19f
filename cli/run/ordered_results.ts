import type { Committer } from "../output/committer.ts";
import { type Batch, sizeOf } from "../records/batch.ts";
import { type Lane, Lanes } from "./lanes.ts";

/** What is finished, in the order in which it is to be written, and how much of that waits. */
export class OrderedResults {
  /** How many finished records were not written, since one in front of them was not finished. */
  heldRecords = 0;
  readonly #committer: () => Committer;
  readonly #lanes: Lanes<Batch>;
  #heldBytes = 0;

  constructor(isOrdered: boolean, committer: () => Committer) {
    this.#committer = committer;
    this.#lanes = new Lanes(isOrdered, (batch) => {
      this.#heldBytes -= sizeOf(batch);
      committer().add(batch);
    });
  }

  /** Lanes that are not written to their end. */
  get openLanes(): number {
    return this.#lanes.open;
  }

  /** What is not written yet, for whatever reason. */
  get waitingBytes(): number {
    return this.#heldBytes + this.#committer().waitingBytes;
  }

  /** The first record whose results are not all there; `undefined` while results of records before it are still to be written, or if there is none. */
  get firstUnwritten(): number | undefined {
    return this.#committer().waitingBytes === 0 ? this.#lanes.firstSequence : undefined;
  }

  /** A lane behind the last one, for records from `sequence`. */
  add(sequence: number): Lane<Batch> {
    return this.#lanes.add(sequence);
  }

  /** A lane for a rest of what another one was for, right behind it. */
  addBehind(lane: Lane<Batch>): Lane<Batch> {
    return this.#lanes.addBehind(lane);
  }

  /** Adds what is finished to a lane. */
  put(lane: Lane<Batch>, batch: Batch): void {
    this.#heldBytes += sizeOf(batch);
    this.#lanes.put(lane, batch);
  }

  /** Nothing more comes in this lane. A lane behind it must have been added before. */
  close(lane: Lane<Batch>): void {
    this.#lanes.close(lane);
  }

  /** Writes what is left. What is behind a gap is given to `hold`, if there is that. */
  async end(hold: ((batches: readonly Batch[]) => Promise<void>) | undefined): Promise<void> {
    const left = hold === undefined ? this.#lanes.closeAll() : this.#lanes.takeAll();
    await this.#committer().idle();
    if (left === undefined || left.length === 0) return;
    await hold!(left);
    for (const { done } of left) this.heldRecords += done;
  }
}
