/** The scheduler alone, with workers that answer at once, beside a queue and promises that schedule nothing. */

import { InstantPool } from "./instant_pool.ts";

/** The least that a pool could do: tasks in an array, two workers' worth taken at a time. */
function runFromArray(tasks: number): number {
  const queue: { id: number }[] = [];
  for (let id = 0; id < tasks; id++) queue.push({ id });
  let answered = 0;
  for (let at = 0; at < queue.length; at += 2) answered += queue.slice(at, at + 2).length;
  return answered;
}

async function resolvePromises(tasks: number): Promise<void> {
  const calls: Promise<number>[] = [];
  for (let n = 0; n < tasks; n++) {
    const { promise, resolve } = Promise.withResolvers<number>();
    calls.push(promise);
    resolve(n);
  }
  await Promise.all(calls);
}

for (const tasks of [1, 1000, 100_000]) {
  const group = tasks === 1 ? "1 task" : `${tasks} tasks at once`;
  const pool = new InstantPool(2);
  Deno.bench({ group, name: "a promise each, resolved", baseline: true }, () => resolvePromises(tasks));
  Deno.bench({ group, name: "an array, two at a time" }, () => void runFromArray(tasks));
  Deno.bench({ group, name: "Scheduler, two instant workers" }, () => pool.run(tasks));
}
