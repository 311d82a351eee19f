import type { Committer } from "../output/committer.ts";
import { type Batch, failuresOf, sizeOf } from "../records/batch.ts";
import { type Place, ReorderBuffer } from "./reorder_buffer.ts";

/** What is finished, in the order in which it is to be written, and how much of that waits. */
export class OrderedResults {
  /** How many finished records were not written, since one in front of them was not finished. */
  heldRecords = 0;
  /** How many of them have failed. */
  heldFailures = 0;
  readonly #committer: () => Committer;
  readonly #buffer: ReorderBuffer<Batch>;
  #heldBytes = 0;

  constructor(isOrdered: boolean, committer: () => Committer) {
    this.#committer = committer;
    this.#buffer = new ReorderBuffer(isOrdered, (batch) => {
      this.#heldBytes -= sizeOf(batch);
      committer().add(batch);
    });
  }

  /** Places that are not written to their end. */
  get openPlaces(): number {
    return this.#buffer.open;
  }

  /** What is not written yet, for whatever reason. */
  get waitingBytes(): number {
    return this.#heldBytes + this.#committer().waitingBytes;
  }

  /**
   * The first record whose results are not all there; `undefined` while results of records before it are still to be written, or if there
   * is none.
   */
  get firstUnwritten(): number | undefined {
    return this.#committer().waitingBytes === 0 ? this.#buffer.firstSequence : undefined;
  }

  /** A place behind the last one, for records from `sequence`. */
  add(sequence: number): Place<Batch> {
    return this.#buffer.add(sequence);
  }

  /** A place for a rest of what another one was for, right behind it. */
  addBehind(place: Place<Batch>): Place<Batch> {
    return this.#buffer.addBehind(place);
  }

  /** Adds what is finished to a place. */
  put(place: Place<Batch>, batch: Batch): void {
    this.#heldBytes += sizeOf(batch);
    this.#buffer.put(place, batch);
  }

  /** Nothing more comes in this place. A place behind it must have been added before. */
  close(place: Place<Batch>): void {
    this.#buffer.close(place);
  }

  /** Writes what is left. What is behind a gap is given to `hold`, if there is that. */
  async end(hold: ((batches: readonly Batch[]) => Promise<void>) | undefined): Promise<void> {
    const left = hold === undefined ? this.#buffer.closeAll() : this.#buffer.takeAll();
    await this.#committer().idle();
    if (left === undefined || left.length === 0) return;
    await hold!(left);
    for (const batch of left) {
      this.heldRecords += batch.done;
      this.heldFailures += failuresOf(batch).length;
    }
  }
}
