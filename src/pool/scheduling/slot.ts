import { NumberedItems } from "../../collections/numbered_items.ts";
import type { LeaseTimes } from "./lease_clock.ts";
import type { ScheduledTask } from "./scheduled_task.ts";
import { WorkerRecord } from "./worker_record.ts";

/** Where a slot's worker is in its life. In all but "empty" there is one. */
export type SlotPhase = "empty" | "starting" | "ready" | "stopping";

const NONE = new NumberedItems<never>();

/** One place for a worker, which workers fill one after the other. */
export class Slot<T extends ScheduledTask> {
  readonly index: number;
  /** No earlier start of a worker here than this. */
  notBefore = 0;
  /** Whether the pool may have a worker here. One that is here when that ends leaves when it is idle. */
  isOpen = true;
  /** Changed by the methods below only. Not behind a getter, like the next one: each is read a dozen times for one call. */
  phase: SlotPhase = "empty";
  /** The books on the worker that is here, `undefined` when the slot is empty. */
  present: WorkerRecord<T> | undefined = undefined;

  constructor(index: number) {
    this.index = index;
  }

  /** What the worker holds, in order. */
  get held(): NumberedItems<T> {
    return this.present?.held ?? (NONE as NumberedItems<T>);
  }

  /** A worker is being started here. Returns its books. */
  beginStart(lease: LeaseTimes, now: number): WorkerRecord<T> {
    this.phase = "starting";
    return this.present = new WorkerRecord<T>(this, lease, now);
  }

  /** The worker can take tasks. */
  becomeReady(now: number): void {
    this.phase = "ready";
    this.present!.becameReady(now);
  }

  /** The worker was asked to leave, or is ended. Harmless when there is none. */
  beginStopping(): void {
    if (this.phase !== "empty") this.phase = "stopping";
  }

  /** The worker has ended, or could not be started. */
  becomeEmpty(): void {
    this.phase = "empty";
    this.present = undefined;
  }
}
