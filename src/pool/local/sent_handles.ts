import { hub } from "../../hub/hub.ts";
import type { Handle } from "../../hub/handle.ts";
import { InFlightHandle, loseHandles } from "../../hub/in_flight_handle.ts";
import type { PeerLink } from "../../hub/peer_link.ts";
import type { Slot } from "../scheduling/slot.ts";
import type { TaskRecord } from "./task_record.ts";

/** The handles that a worker was sent in tasks: it may use them from then on, unless it gives the task back unread. */
export class SentHandles {
  readonly #link: PeerLink;
  readonly #slot: Slot<TaskRecord>;
  /**
   * Tasks that were neither answered nor returned. What was taken back from a silent worker may be sent to it again before it returns the
   * first sending.
   */
  readonly #tasks = new Map<number, { readonly task: TaskRecord; times: number }>();

  constructor(link: PeerLink, slot: Slot<TaskRecord>) {
    this.#link = link;
    this.#slot = slot;
  }

  /** The task leaves for the worker. */
  send(task: TaskRecord): void {
    for (const handle of handlesOf(task)) hub.export(handle, this.#link);
    const sent = this.#tasks.get(task.id);
    if (sent === undefined) this.#tasks.set(task.id, { task, times: 1 });
    else sent.times++;
  }

  /** The worker answered the task. */
  arrived(taskId: number): void {
    if (this.#tasks.size > 0) this.#tasks.delete(taskId);
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
      this.#link.undoExports(handlesOf(sent.task));
    }
  }

  /** The worker died: the handles of what it did not answer wait for the next one. Returns those tasks. */
  renewUnanswered(): TaskRecord[] {
    return [...this.#tasks.values()].map(({ task }) => task).filter((task) => this.#renew(task));
  }

  /** What a task holds must not be given up while it may go to another worker. Returns whether it may. */
  #renew(task: TaskRecord): boolean {
    const isWithAnother = task.slot !== undefined && task.slot !== this.#slot;
    if (task.state === "settled" || isWithAnother) return false;
    for (const handle of handlesOf(task)) if (handle instanceof InFlightHandle) handle.requeued();
    return true;
  }
}

/** Nobody will get the task's handles: to their objects, the worker that died was the last. */
export function endHandles(task: TaskRecord): void {
  loseHandles(handlesOf(task));
}

/** To the contract they are any objects: only this machine's workers can use them. */
function handlesOf({ request }: TaskRecord): readonly Handle[] {
  return request.handles as readonly Handle[];
}
