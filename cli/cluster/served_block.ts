import type { TaskHandle } from "@corral/multiprocessing/backend";
import { after } from "../runner/timer.ts";
import { EXACT, type Piece, STUCK } from "../runner/protocol.ts";
import type { WatchedBlock } from "../run/overdue_watch.ts";
import type { BlockPlace, BlockReport } from "./block_report.ts";
import { joinedBytes } from "../runner/joined_bytes.ts";
import { PieceSum } from "./piece_sum.ts";

/** A block that is done by then is not announced: its end is near. */
const ANNOUNCE_AFTER_MS = 200;
const MOST_PRINTED_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);
const CUT = new TextEncoder().encode("… (more of it is in the agent's log)\n");

/** A block of another machine's run, while a worker of this agent has it. */
export class ServedBlock implements WatchedBlock {
  readonly timeoutMs: number | null;
  /** What the workers' backend knows it by, as long as it has it. */
  handle: TaskHandle | undefined;
  isOutOfTime = false;
  silentMs = 0;
  readonly #agent: string;
  readonly #pieces = new PieceSum();
  readonly #announce: (report: BlockReport) => void;
  readonly #printed: Uint8Array[] = [];
  #printedBytes = 0;
  #worker = { workerId: 0, pid: 0 };
  #recordStartedAt = 0;
  #stopAnnouncing: (() => void) | undefined;

  /** `announce` is told that the block runs, if it takes long. */
  constructor(agent: string, timeoutMs: number | null, announce: (report: BlockReport) => void) {
    this.#agent = agent;
    this.timeoutMs = timeoutMs;
    this.#announce = announce;
  }

  /** Whether the worker has said that it is at the block. */
  get hasBegun(): boolean {
    return this.#recordStartedAt > 0;
  }

  /** A worker was given it. */
  sentTo({ workerId, pid }: { readonly workerId: number; readonly pid: number }): void {
    this.#worker = { workerId, pid };
  }

  /** Takes in a piece. */
  take(piece: Piece): void {
    const [, done, , , , , details] = piece;
    if (!this.hasBegun) this.#begin();
    else if (done > this.#pieces.done || details.length > 0) this.#recordStartedAt = performance.now();
    this.silentMs = 0;
    this.#pieces.add(piece);
  }

  /** Keeps what its function printed, as far as there is room. */
  print(bytes: Uint8Array): void {
    const room = MOST_PRINTED_BYTES - this.#printedBytes;
    if (room <= 0) return;
    this.#printedBytes += bytes.length;
    this.#printed.push(bytes.length <= room ? bytes : bytes.subarray(0, room));
    if (bytes.length > room) this.#printed.push(CUT);
  }

  /** What is told at its end; `error` says that the worker did not come to it. */
  report(error: Error | undefined): BlockReport {
    this.leave();
    return {
      ...this.#place,
      piece: this.#pieces.total(this.#worker.workerId, this.isOutOfTime ? STUCK : 0),
      printed: joinedBytes(this.#printed),
      loss: error === undefined
        ? null
        : { error, ageMs: this.hasBegun ? performance.now() - this.#recordStartedAt : 0 },
    };
  }

  /** Nothing is to be told of it any more, but for what has been asked for. */
  leave(): void {
    this.#stopAnnouncing?.();
  }

  get #place(): BlockPlace {
    return { agent: this.#agent, pid: this.#worker.pid };
  }

  #begin(): void {
    this.#recordStartedAt = performance.now();
    this.#stopAnnouncing = after(ANNOUNCE_AFTER_MS, () => {
      // Nothing is done, as far as it is told now: results come with the report, once.
      const piece: Piece = [this.#worker.workerId, 0, EXACT, 0, 0, NOTHING, NOTHING];
      this.#announce({ ...this.#place, piece, printed: NOTHING, loss: null });
    });
  }
}
