/** What the workers of a soak run. Each task first writes its number to the file of runs, so that a second run shows. */
import { task } from "../../src/child/mod.ts";
import type { Lock, Queue, ValueProxy } from "../../mod.ts";

/** One task of a soak: its number, and where it says that it runs. */
export interface Order {
  readonly id: number;
  readonly runs: string;
}

function note({ id, runs }: Order): void {
  Deno.writeTextFileSync(runs, `${id} ${task.attempt}\n`, { append: true });
}

export function double(order: Order, n: number): number {
  note(order);
  return 2 * n;
}

export async function nap(order: Order, ms: number): Promise<number> {
  note(order);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return order.id;
}

export function spin(order: Order, ms: number): number {
  note(order);
  for (const end = performance.now() + ms; performance.now() < end;);
  return order.id;
}

export function loopForever(order: Order): void {
  note(order);
  while (true);
}

export function fail(order: Order): never {
  note(order);
  throw new RangeError(`task ${order.id} fails`);
}

export function exit(order: Order, code: number): never {
  note(order);
  Deno.exit(code);
}

/** `size` bytes back, each the last digit of the task's number. */
export function bytes(
  order: Order,
  sent: Uint8Array,
  size: number,
): { length: number; sent: number; back: Uint8Array } {
  note(order);
  return { length: size, sent: sent.length, back: new Uint8Array(size).fill(order.id % 10) };
}

export function print(order: Order, size: number): number {
  note(order);
  Deno.stdout.writeSync(new Uint8Array(size).fill(46));
  return order.id;
}

export function square(n: number): number {
  return n * n;
}

export async function take(order: Order, queue: Queue<number>): Promise<number> {
  note(order);
  return await queue.get();
}

export async function give(order: Order, queue: Queue<number>, item: number): Promise<number> {
  note(order);
  await queue.put(item);
  return item;
}

/** Adds 1 in two steps, which only the lock keeps together. */
export async function addUnderLock(order: Order, lock: Lock, sum: ValueProxy<number>): Promise<number> {
  note(order);
  using _turn = await lock.acquire();
  await sum.set(await sum.get() + 1);
  return order.id;
}
