import { DetailLog, type RecordEnd } from "./detail_log.ts";
import { EXACT, EXITING, OVER, type Piece, type RetryEntry, STUCK } from "./protocol.ts";
import type { ResultBuffer } from "./result_buffer.ts";

/** The way to the program that a worker's pieces go. */
export interface PieceWay {
  /** The number of this worker. */
  readonly workerId: number;
  /** Sends a piece at once. */
  send(piece: Piece): void;
}

// Between two pieces of records that are too quick to be announced one by one.
const PIECE_MS = 25;
const PIECE_BYTES = 1024 * 1024;

/**
 * What became of a block's records, until a piece takes it to the program.
 *
 * If this process dies without a word, the program knows from the last piece which record was running, if each one was
 * announced, and otherwise where those begin among which it was.
 */
export class BlockPieces {
  readonly #way: PieceWay;
  readonly #buffer: ResultBuffer;
  readonly #details = new DetailLog();
  /** Whether each record is announced, however quick. */
  readonly #isPrecise: boolean;
  /** Whether the next record will be announced, as the last piece said. */
  #isExact: boolean;
  #done = 0;
  #results = 0;
  /** Those of the present record, which may be taken back. */
  #recordResults = 0;
  #lastAt = 0;

  constructor(way: PieceWay, buffer: ResultBuffer, isPrecise: boolean) {
    this.#way = way;
    this.#buffer = buffer;
    this.#isPrecise = this.#isExact = isPrecise;
  }

  /** How many records are finished. */
  get done(): number {
    return this.#done;
  }

  /** How many results the present record has given. */
  get recordResults(): number {
    return this.#recordResults;
  }

  /** Starts the time that pieces tell. */
  begin(now: number): void {
    this.#lastAt = now;
  }

  /** A record begins, or is tried again; `number` counts from 1, in the whole input. */
  beginRecord(number: number): void {
    this.#recordResults = 0;
    this.#buffer.beginRecord(number);
  }

  /** Takes a result of the present record. Throws when it cannot be written. */
  add(value: unknown): void {
    this.#buffer.add(value);
    this.#recordResults++;
  }

  /** Takes back what the present record gave. */
  dropRecord(): void {
    this.#buffer.dropRecord();
    this.#recordResults = 0;
  }

  /** How many bytes the present record gave, which is at its end. Costs time: only for those who want to know. */
  measureRecord(): number {
    return this.#buffer.measureRecord();
  }

  /** Notes how a record ended. */
  note(end: RecordEnd): void {
    this.#details.note(end);
  }

  /** Notes an attempt at the present record that failed, and is followed by another. */
  noteRetry(attempt: number, reason: RetryEntry[2], at: number, durationMs: number): void {
    this.#details.retry(this.#done, attempt, reason, at, durationMs);
  }

  /** So many records more are finished, with what the last of them gave. */
  finish(records: number): void {
    this.#done += records;
    this.#results += this.#recordResults;
  }

  /**
   * Announces the next record where that is due: each one is announced, the last one took long, or the last piece is long past. Returns whether
   * it did, which takes as long as the parent reads nothing.
   */
  announce(now: number, wasSlow: boolean): boolean {
    const isDue = wasSlow || this.#isExact || now - this.#lastAt >= PIECE_MS || this.#buffer.size >= PIECE_BYTES;
    if (!isDue) return false;
    this.#isExact = this.#isPrecise || wasSlow;
    this.send();
    return true;
  }

  /** Sends what there is. */
  send(state = 0): void {
    this.#way.send(this.#take(state | (this.#isExact ? EXACT : 0)));
  }

  /** Says that the present record does not react to its signal. */
  tellStuck(): void {
    this.dropRecord();
    this.send(STUCK);
  }

  /** Sends what there is, because the process ends. */
  tellExit(isOver: boolean): void {
    this.send(isOver ? OVER : EXITING);
  }

  /** The last piece, which is the answer. */
  takeLast(): Piece {
    return this.#take(EXACT);
  }

  #take(state: number): Piece {
    const now = performance.now();
    const piece: Piece = [
      this.#way.workerId,
      this.#done,
      state,
      now - this.#lastAt,
      this.#results,
      (state & EXITING) !== 0 ? this.#buffer.takeFinished() : this.#buffer.take(),
      this.#details.take(this.#done),
    ];
    this.#results = 0;
    this.#lastAt = now;
    return piece;
  }
}
