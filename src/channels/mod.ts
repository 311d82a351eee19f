/**
 * Queues and pipes between processes: Python's `multiprocessing` queues and connections.
 *
 * - {@linkcode Queue} for work and results between any number of writers and readers; {@linkcode JoinableQueue} to wait until
 *   all is done.
 * - {@linkcode Pipe} for a conversation between two.
 * - {@linkcode wait} for the first of several that is ready.
 *
 * They live in the process that made them, and travel to others as handles. A single task that takes arguments
 * and returns a result needs none of them: `Pool` carries both.
 *
 * ```ts
 * import { Queue } from "@corral/multiprocessing/channels";
 *
 * const queue = new Queue<string>();
 * await queue.put("hello");
 * console.log(await queue.get()); // hello
 * ```
 *
 * @module
 */
import "../require_deno.ts";
export { Connection, type ReceiveBytesOptions } from "./connection.ts";
export { Pipe, type PipeOptions } from "./pipe.ts";
export { JoinableQueue, Queue } from "./queue.ts";
export { SimpleQueue } from "./simple_queue.ts";
export { wait, type Waitable } from "./wait.ts";
export type { WaitOptions } from "../hub/wait_queue.ts";
