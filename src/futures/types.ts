/** What callers of an executor see: its options, and the types of its calls. */
import type { ImapOptions, Items, PoolOptions } from "../pool/types.ts";

/** Options of an executor: those of a pool, with Python's name for the number of workers. */
export interface ExecutorOptions extends Omit<PoolOptions, "workers"> {
  /** How many worker processes at most, from 1 to 65 536; they start on demand. @default usable CPUs; a cgroup quota counts */
  maxWorkers?: number;
}

/** What `shutdown` does beside taking no more work. */
export interface ShutdownOptions {
  /** Whether to wait until all work is done and no process is left. @default true */
  wait?: boolean;
  /** Whether to cancel what has not started. @default false */
  cancelFutures?: boolean;
}

/** Options of an executor's `map`. */
export interface ExecutorMapOptions extends Omit<ImapOptions, "timeoutMs"> {
  /** Milliseconds for the whole, 0 or more, counted from the call. For a limit on each task, use `taskTimeoutMs` of the executor. @default no limit */
  timeoutMs?: number;
}

/** The items of each of several inputs: the arguments of a call. */
export type ItemsOf<I extends readonly Items<unknown>[]> = { [K in keyof I]: I[K] extends Items<infer T> ? T : never };

/** One input for each of the parameters `A`. */
export type InputsOf<A extends readonly unknown[]> = { [K in keyof A]: Items<A[K]> };

/** Inputs for the parameters `A`, and options behind them; inputs for optional parameters may be left out. */
export type InputsThenOptions<A extends readonly unknown[]> =
  | [...inputs: InputsOf<A>, options: ExecutorMapOptions]
  | (Required<A> extends readonly [...infer Head, unknown] ? Head extends A ? InputsThenOptions<Head> : never : never);
