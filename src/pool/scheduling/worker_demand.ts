import type { ScheduledTask } from "./scheduled_task.ts";
import type { Slot } from "./slot.ts";
import type { WaitingTasks } from "./waiting_tasks.ts";

/** Which slots need a worker that they do not have: pure questions, nothing is started here. */
export class WorkerDemand<T extends ScheduledTask> {
  /** Whether every slot needs one, also without tasks for it. */
  all = false;
  readonly #slots: readonly Slot<T>[];
  readonly #waiting: WaitingTasks<T>;

  constructor(slots: readonly Slot<T>[], waiting: WaitingTasks<T>) {
    this.#slots = slots;
    this.#waiting = waiting;
  }

  /** Whether anybody waits for a worker. */
  get any(): boolean {
    return this.all || this.#waiting.size > 0;
  }

  /** When a worker is to be started next. */
  nextStart(): number {
    // Asked after each read: mostly all are ready, and an iterator is an object.
    const missing = this.#missing();
    let next = Infinity;
    for (let index = 0; index < this.#slots.length; index++) {
      const slot = this.#slots[index]!;
      if (slot.phase === "empty" && this.#isWanted(slot, missing)) next = Math.min(next, slot.notBefore);
    }
    return next;
  }

  /** The slots for which a worker is to be started now, judged one by one. */
  *due(now: number): Iterable<Slot<T>> {
    let missing = this.#missing();
    for (const slot of this.#slots) {
      if (slot.phase !== "empty" || now < slot.notBefore || !this.#isWanted(slot, missing)) continue;
      if (this.#waiting.keyedTo(slot.index) === 0) missing--;
      yield slot;
    }
  }

  /** How many workers more the tasks could use that any worker may run. */
  #missing(): number {
    let missing = this.#waiting.size;
    if (missing === 0) return 0;
    for (let index = 0; index < this.#slots.length; index++) {
      const slot = this.#slots[index]!;
      const keyed = this.#waiting.keyedTo(slot.index);
      missing -= keyed > 0 ? keyed : slot.phase === "starting" ? 1 : 0;
    }
    return missing;
  }

  #isWanted(slot: Slot<T>, missing: number): boolean {
    return slot.isOpen && (missing > 0 || this.all || this.#waiting.keyedTo(slot.index) > 0);
  }
}
