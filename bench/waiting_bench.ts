/** The queues inside one process, beside plain arrays and promises: tasks that wait for workers, and callers that wait for a lock or an item. */

import { Deque } from "../src/collections/deque.ts";
import { type Caller, WaitQueue } from "../src/hub/wait_queue.ts";
import { TaskQueue } from "../src/pool/scheduling/task_queue.ts";

let sink: unknown;
addEventListener("unload", () => sink);

interface Queue<T> {
  push(item: T): unknown;
  shift(): T | undefined;
}

const tasks = Array.from({ length: 100_000 }, (_, n) => ({ priority: 0, state: "waiting" as const, n }));
const prioritised = tasks.map((task) => ({ ...task, priority: task.n % 3 }));

/** Fills a queue, then empties it. */
function drain<T>(queue: Queue<T>, items: readonly T[]): void {
  for (const item of items) queue.push(item);
  for (let item; (item = queue.shift()) !== undefined;) sink = item;
}

/** Keeps a few items queued, as a pool that is served as fast as it is asked. */
function passThrough<T>(queue: Queue<T>, items: readonly T[]): void {
  for (const item of items.slice(0, 8)) queue.push(item);
  for (const item of items) {
    queue.push(item);
    sink = queue.shift();
  }
}

for (const [group, run] of [["100 000 in, then out", drain], ["100 000 through, 8 queued", passThrough]] as const) {
  Deno.bench({ group, name: "Array", baseline: true }, () => run([] as typeof tasks, tasks));
  Deno.bench({ group, name: "Deque" }, () => run(new Deque<typeof tasks[0]>(), tasks));
  Deno.bench({ group, name: "TaskQueue" }, () => run(new TaskQueue<typeof tasks[0]>(), tasks));
  Deno.bench({ group, name: "TaskQueue, three priorities" }, () => run(new TaskQueue<typeof tasks[0]>(), prioritised));
}

const WAITERS = 1000;
const caller: Caller = { process: "", task: 0 };
const group = `${WAITERS} wait, and are served in turn`;

Deno.bench({ group, name: "an array of promises", baseline: true }, async () => {
  const waiters = Array.from({ length: WAITERS }, () => Promise.withResolvers<number>());
  const waits = waiters.map(({ promise }) => promise);
  for (const { resolve } of waiters) resolve(1);
  await Promise.all(waits);
});

Deno.bench({ group, name: "WaitQueue" }, async () => {
  const queue = new WaitQueue<number>();
  const waits = Array.from({ length: WAITERS }, () => queue.wait(caller));
  while (queue.size > 0) queue.serve(1);
  await Promise.all(waits);
});

Deno.bench({ group, name: "WaitQueue, each with a timeout" }, async () => {
  const queue = new WaitQueue<number>();
  const waits = Array.from({ length: WAITERS }, () => queue.wait(caller, { timeoutMs: 60_000 }));
  while (queue.size > 0) queue.serve(1);
  await Promise.all(waits);
});
