import { Deque } from "../../collections/deque.ts";
import type { TaskState } from "./scheduled_task.ts";

/** What the queue must know of a task. A settled task stays queued, and is skipped. */
export interface QueuedTask {
  readonly priority: number;
  readonly state: TaskState;
}

/** Tasks in order of priority, higher first; within one priority in order of arrival. Constant time for few priorities. */
export class TaskQueue<T extends QueuedTask> {
  readonly #levels = new Map<number, Deque<T>>();
  #priorities: number[] = [];
  #only: Deque<T> | undefined;

  /** Adds a task behind those of its priority. */
  push(task: T): void {
    this.#level(task.priority).push(task);
  }

  /** Adds a task before those of its priority. */
  unshift(task: T): void {
    this.#level(task.priority).unshift(task);
  }

  /** The next task that is not settled, left in place. */
  peek(): T | undefined {
    if (this.#only !== undefined) return firstUnsettled(this.#only);
    for (const priority of this.#priorities) {
      const task = firstUnsettled(this.#levels.get(priority)!);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  /** Takes the next task that is not settled. */
  shift(): T | undefined {
    const task = this.peek();
    if (task !== undefined) this.drop(task);
    return task;
  }

  /** Takes the task that `peek()` has just given. */
  drop(task: T): void {
    (this.#only ?? this.#levels.get(task.priority)!).shift();
  }

  #level(priority: number): Deque<T> {
    let level = this.#levels.get(priority);
    if (level === undefined) {
      level = new Deque();
      this.#levels.set(priority, level);
      this.#priorities = [...this.#levels.keys()].sort((a, b) => b - a);
      this.#only = this.#levels.size === 1 ? level : undefined;
    }
    return level;
  }
}

function firstUnsettled<T extends QueuedTask>(level: Deque<T>): T | undefined {
  let task: T | undefined;
  while ((task = level.peek()) !== undefined && task.state === "settled") level.shift();
  return task;
}
