import type { Dashboard } from "@corral/multiprocessing/pool";
import type { BlockOrder, Piece } from "../runner/protocol.ts";

/** A block on its way to a worker. */
export interface BlockCall {
  readonly payload: Uint8Array;
  readonly order: BlockOrder;
  /** Whether it holds no more than the function gets at once: then nothing but that can be to blame when it is lost. */
  readonly isUnit: boolean;
  readonly signal: AbortSignal;
  /** Told each piece but the last. `ageMs` is how long the record that runs has run already. */
  readonly onPiece: (value: unknown, ageMs?: number) => void;
}

/** Where the blocks of a run go. */
export interface BlockPool {
  /** Blocks that run at once; 0 while none can. May change. */
  readonly capacity: number;
  /** Whether the workers are those of other machines, which watch the time of records there, and tell what was done with the end of a block. */
  readonly isRemote: boolean;
  /** Whether there is a worker that blocks can run in. While there is none, nothing runs. */
  readonly hasWorker: boolean;
  /** Has a worker run a block. Resolves with its last piece; rejects as `Pool.apply()` does. */
  run(call: BlockCall): Promise<Piece>;
  /** Resolves when blocks can run. Rejects with the reason when they never can. */
  start(): Promise<void>;
  /** Serves the live page of the pool, with counts of records, until the pool ends. */
  serveDashboard(port: number): Promise<Dashboard>;
  /** The process in a slot. */
  pidOf(slot: number): number;
  /** Ends all work now. Its blocks reject. */
  terminate(): void;
  /** Waits until nothing is left. */
  close(): Promise<void>;
}
