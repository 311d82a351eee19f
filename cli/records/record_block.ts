/** Records that were read and belong together, before they are handed to workers. */

/** Where the records of a block come from, and their bytes. */
export interface RecordSource {
  /** The name of the input; `-` is stdin. */
  readonly input: string;
  /** What a worker gets for the records `from` (inclusive) to `to` (exclusive). */
  payload(from: number, to: number): Uint8Array;
  /** A record's own bytes in the input. */
  record(at: number): Uint8Array;
  /** The line that a record begins on, from 1. */
  line(at: number): number;
  /** Of a table, the names of its columns; `null` if they have none. */
  readonly columns?: readonly string[] | null;
  /** Whether only the beginning of its record was kept: it was too long. */
  readonly isTruncated?: boolean;
  /** What its record is told by when a run goes on, where that is not the record's bytes. */
  readonly mark?: Uint8Array | undefined;
}

/** What became of records before. */
interface BlockMarks {
  readonly attempt?: number;
  readonly suspect?: boolean;
  readonly unheard?: boolean;
}

/** Consecutive records. */
export class RecordBlock {
  readonly source: RecordSource;
  readonly from: number;
  readonly to: number;
  /** The sequence number of the first record, from 1. */
  readonly firstSequence: number;
  /** The attempt of the first record. */
  readonly attempt: number;
  /** Whether a worker died among these records, and it is not known at which. */
  readonly suspect: boolean;
  /** Whether a worker ended before anything was heard of them. */
  readonly unheard: boolean;

  constructor(
    source: RecordSource,
    range: { from: number; to: number; firstSequence: number } & BlockMarks,
  ) {
    this.source = source;
    this.from = range.from;
    this.to = range.to;
    this.firstSequence = range.firstSequence;
    this.attempt = range.attempt ?? 1;
    this.suspect = range.suspect ?? false;
    this.unheard = range.unheard ?? false;
  }

  /** How many records there are. */
  get count(): number {
    return this.to - this.from;
  }

  /** Whether only the beginning of its record was kept. */
  get isTruncated(): boolean {
    return this.source.isTruncated ?? false;
  }

  /** What a worker gets. */
  get payload(): Uint8Array {
    return this.source.payload(this.from, this.to);
  }

  /** A record's bytes; `offset` counts from the first of the block. */
  record(offset: number): Uint8Array {
    return this.source.record(this.from + offset);
  }

  /** What a record is told by when a run goes on. */
  mark(offset: number): Uint8Array {
    return this.source.mark ?? this.record(offset);
  }

  /** The line that a record begins on. */
  line(offset: number): number {
    return this.source.line(this.from + offset);
  }

  /** The records from `start` to `end`, counted from the first of the block. */
  part(start: number, end: number, marks: BlockMarks = {}): RecordBlock {
    return new RecordBlock(this.source, {
      from: this.from + start,
      to: this.from + end,
      firstSequence: this.firstSequence + start,
      ...marks,
    });
  }
}

/** A part of the input that is not a record, and counts as a failed one. */
export interface InvalidRecord {
  readonly input: string;
  readonly line: number;
  readonly sequence: number;
  readonly message: string;
  /** The record, or its beginning. */
  readonly start: Uint8Array;
  /** Whether `start` is only the beginning. */
  readonly isTruncated: boolean;
  /** What it is told by when a run goes on, where `start` has more than is there however the input comes. */
  readonly mark?: Uint8Array;
}

/** What a reader gives. */
export type ReadItem = { readonly block: RecordBlock } | { readonly invalid: InvalidRecord };

/** How much is wanted at most. */
export interface ReadLimits {
  readonly records: number;
  readonly bytes: number;
  /** So many records are handed to the function together: a block has a multiple of them, if there are as many. */
  readonly batch: number;
}

/** More is not held back for the sake of a batch: a block must fit a message. */
const MAX_BATCH_BYTES = 32 * 1024 * 1024;

/** Whether a block has all that it may have. What belongs together is not cut up, as far as it fits a message. */
export function isFull({ records, bytes, batch }: ReadLimits, count: number, size: number): boolean {
  return count >= records || (size >= bytes && (count >= batch || size >= MAX_BATCH_BYTES));
}

/** Whether a block may end behind so many records: with a whole batch, or at the end of an input with what is left. */
export function isWholeBatch({ batch }: ReadLimits, count: number, size: number, isEnd: boolean): boolean {
  return isEnd || count % batch === 0 || size >= MAX_BATCH_BYTES;
}

/** Reads records of one input. */
export interface RecordReader {
  /** Waits for records, and gives those that are there, at least one; `undefined` at the end. */
  read(limits: ReadLimits, nextSequence: number): Promise<ReadItem | undefined>;
}

/** How much of a bad record is kept. */
export const EXCERPT_BYTES = 400;

/** How much is kept of a record that is too long: not more than has been read, however the input comes, and nothing of what follows it. */
export function excerptBytes(maxRecordBytes: number): number {
  return Math.min(EXCERPT_BYTES, maxRecordBytes + 1);
}
