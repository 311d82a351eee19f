/**
 * What processes wait for each other with: `Lock`, `RLock`, `Semaphore`, `BoundedSemaphore`, `Condition`, `Event`
 * and `Barrier`.
 *
 * - The process that makes one owns it. Handles travel in any argument, result, queue item or pipe message.
 * - Every wait takes `{ timeoutMs, signal }` last. An aborted signal wins over everything else.
 * - Waiters are served first come, first served; a loop that takes a lock again at once can keep it for some 2 ms.
 * - What a process held when it died is free, and the next guard says `abandoned: true`.
 * - `close()`, or `using`, in the process that made it ends it for all.
 *
 * ```ts
 * import { Pool } from "@corral/multiprocessing";
 * import { Lock } from "@corral/multiprocessing/sync";
 *
 * await using pool = new Pool({ workers: 2 });
 * using lock = new Lock();
 * await pool.apply(async (lock: Lock) => {
 *   using guard = await lock.acquire();
 *   console.log(guard.abandoned); // false
 * }, [lock]);
 * ```
 *
 * What is shared by tasks of one process needs none of this: JavaScript runs one thing at a time.
 *
 * @module
 */
import "../require_deno.ts";
export { Lock, RLock } from "./lock.ts";
export { BoundedSemaphore, Semaphore } from "./semaphore.ts";
export { Condition } from "./condition.ts";
export { Event } from "./event.ts";
export { Barrier, type BarrierOptions } from "./barrier.ts";
export type { Acquirable } from "./acquirable.ts";
export type { BarrierAction } from "./barrier_object.ts";
export type { Guard } from "./guard.ts";
export type { ObjectRef, SharedHandle } from "../hub/handle.ts";
export type { WaitOptions } from "../hub/wait_queue.ts";
export { BrokenBarrierError, ClosedError, EndOfStreamError, TimeoutError } from "../errors.ts";
