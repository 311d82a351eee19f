import type { ScheduledTask } from "./scheduled_task.ts";
import { TaskQueue } from "./task_queue.ts";

/** The tasks that no worker has: one queue for any worker, and one for each slot, for tasks whose key leads there. */
export class WaitingTasks<T extends ScheduledTask> {
  readonly #free = new TaskQueue<T>();
  readonly #keyed: readonly TaskQueue<T>[];
  readonly #keyedSizes: number[];
  /** Which slot serves the keys that lead to each. */
  readonly #home: number[];
  #size = 0;

  /** Builds empty queues for a pool of so many slots. */
  constructor(slots: number) {
    this.#keyed = Array.from({ length: slots }, () => new TaskQueue<T>());
    this.#keyedSizes = Array(slots).fill(0);
    this.#home = Array.from({ length: slots }, (_, index) => index);
  }

  /** How many tasks wait. */
  get size(): number {
    return this.#size;
  }

  /** How many tasks wait that only this slot's worker may run. */
  keyedTo(slotIndex: number): number {
    return this.#keyedSizes[slotIndex]!;
  }

  /** Adds a task behind or before all others of its priority. */
  add(task: T, where: "first" | "last"): void {
    const keyedSlot = this.#slotOf(task);
    const queue = keyedSlot === undefined ? this.#free : this.#keyed[keyedSlot]!;
    if (where === "first") queue.unshift(task);
    else queue.push(task);
    this.#size++;
    if (keyedSlot !== undefined) this.#keyedSizes[keyedSlot]!++;
  }

  /** The next task for a slot's worker, left in place. */
  peek(slotIndex: number): T | undefined {
    if (this.#keyedSizes[slotIndex] === 0) return this.#free.peek();
    const keyed = this.#keyed[slotIndex]!.peek();
    const free = this.#free.peek();
    if (keyed === undefined || free === undefined) return keyed ?? free;
    return free.priority > keyed.priority ? free : keyed;
  }

  /** Takes the next task for a slot's worker. */
  take(slotIndex: number): T | undefined {
    const task = this.peek(slotIndex);
    if (task !== undefined) this.takePeeked(task, slotIndex);
    return task;
  }

  /** Takes the task that `peek()` has just given for this slot. */
  takePeeked(task: T, slotIndex: number): void {
    (task.key === undefined ? this.#free : this.#keyed[slotIndex]!).drop(task);
    this.forget(task);
  }

  /** Takes the next task that only this slot's worker may run. */
  takeKeyed(slotIndex: number): T | undefined {
    const task = this.#keyed[slotIndex]!.shift();
    if (task !== undefined) this.forget(task);
    return task;
  }

  /** From now on another slot serves the keys of one that can have no worker. */
  rehome(from: number, to: number): void {
    const moved: T[] = [];
    for (let task = this.takeKeyed(from); task !== undefined; task = this.takeKeyed(from)) moved.push(task);
    for (const [index, home] of this.#home.entries()) if (home === from) this.#home[index] = to;
    for (const task of moved) this.add(task, "last");
  }

  /** From now on only these slots serve keys; each key keeps its own slot where that is among them. */
  settleHomes(open: readonly number[]): void {
    const moved: T[] = [];
    for (let slot = 0; slot < this.#keyed.length; slot++) {
      for (let task = this.takeKeyed(slot); task !== undefined; task = this.takeKeyed(slot)) moved.push(task);
    }
    // Not before all are taken: a slot may have served the keys of any other, and each task is counted where its key leads now.
    for (let slot = 0; slot < this.#keyed.length; slot++) {
      this.#home[slot] = open.includes(slot) ? slot : open[slot % open.length]!;
    }
    for (const task of moved) this.add(task, "last");
  }

  /** Takes any task. */
  takeAny(): T | undefined {
    for (let index = 0; index < this.#keyed.length; index++) {
      const task = this.take(index);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  /** A task that waits was settled: it no longer counts, and its queue will skip it. */
  forget(task: T): void {
    this.#size--;
    if (task.key === undefined) return;
    const keyedSlot = this.#slotOf(task);
    if (keyedSlot !== undefined) this.#keyedSizes[keyedSlot]!--;
  }

  #slotOf(task: T): number | undefined {
    return task.key === undefined ? undefined : this.#home[hash(task.key) % this.#keyed.length]!;
  }
}

/** FNV-1a: spreads keys over slots, the same way every time. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
