import { hub } from "../hub/hub.ts";
import type { PeerLink } from "../hub/peer_link.ts";
import { InFlightHandle } from "../hub/in_flight_handle.ts";
import type { Slot } from "./slot.ts";
import type { Task } from "./task.ts";

/** The handles that a worker was sent in tasks: it may use them from then on, unless it gives the task back unread. */
export class SentHandles {
  readonly #link: PeerLink;
  readonly #slot: Slot<Task>;
  /** Tasks that were neither answered nor returned. What was taken back from a silent worker may be sent to it again before it returns the first sending. */
  readonly #tasks = new Map<number, { readonly task: Task; times: number }>();

  constructor(link: PeerLink, slot: Slot<Task>) {
    this.#link = link;
    this.#slot = slot;
  }

  /** The task leaves for the worker. */
  send(task: Task): void {
    for (const handle of task.handles) hub.export(handle, this.#link);
    const sent = this.#tasks.get(task.id);
    if (sent === undefined) this.#tasks.set(task.id, { task, times: 1 });
    else sent.times++;
  }

  /** The worker answered the task. */
  arrived(taskId: number): void {
    this.#tasks.delete(taskId);
  }

  /** The worker has not decoded what it returns, so it has none of the handles. They wait for the next worker. */
  takeBack(taskIds: readonly number[]): void {
    if (this.#tasks.size === 0) return;
    for (const id of taskIds) {
      const sent = this.#tasks.get(id);
      if (sent === undefined) continue;
      if (--sent.times === 0) {
        this.#tasks.delete(id);
        this.#renew(sent.task);
      }
      this.#link.undoExports(sent.task.handles);
    }
  }

  /** The worker died: the handles of what it did not answer wait for the next one. Returns those tasks. */
  renewUnanswered(): Task[] {
    return [...this.#tasks.values()].map(({ task }) => task).filter((task) => this.#renew(task));
  }

  /** What a task holds must not be given up while it may go to another worker. Returns whether it may. */
  #renew(task: Task): boolean {
    const isWithAnother = task.slot !== undefined && task.slot !== this.#slot;
    if (task.settled || isWithAnother) return false;
    for (const handle of task.handles) if (handle instanceof InFlightHandle) handle.requeued();
    return true;
  }
}

/** Nobody will get the task's handles: to their objects, the worker that died was the last. */
export function endHandles({ handles }: Task): void {
  for (const handle of handles) if (handle instanceof InFlightHandle) handle.lost();
}
