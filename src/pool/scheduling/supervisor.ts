import type { SchedulerEffects, SchedulerListener, SchedulerOptions } from "./effects.ts";
import type { ScheduledTask } from "./scheduled_task.ts";
import type { Slot } from "./slot.ts";
import { isShortage, StartBudget } from "./start_budget.ts";
import type { WorkerDemand } from "./worker_demand.ts";

type SupervisorOptions = Pick<SchedulerOptions, "maxTasksPerChild" | "breakOnExit" | "lease">;

/**
 * What cannot run because a worker did not start: nothing as it is tried again, or as others do its work ("elsewhere"), what only its slot
 * may run, all that waits, or anything ever.
 */
export type StartFailureScope = "nothing" | "elsewhere" | "slot" | "waiting" | "pool";

/** Starts workers and ends them, and decides what follows when one does not start. */
export class Supervisor<T extends ScheduledTask> {
  readonly #slots: readonly Slot<T>[];
  readonly #demand: WorkerDemand<T>;
  readonly #effects: Pick<SchedulerEffects<T>, "spawn">;
  readonly #listener: SchedulerListener<T>;
  readonly #options: SupervisorOptions;
  readonly #budget = new StartBudget();

  constructor(
    slots: readonly Slot<T>[],
    demand: WorkerDemand<T>,
    effects: Pick<SchedulerEffects<T>, "spawn">,
    listener: SchedulerListener<T>,
    options: SupervisorOptions,
  ) {
    this.#slots = slots;
    this.#demand = demand;
    this.#effects = effects;
    this.#listener = listener;
    this.#options = options;
  }

  /** Starts a worker. Returns why it cannot be started, if so. */
  start(slot: Slot<T>, now: number): Error | undefined {
    const record = slot.beginStart(this.#options.lease, now);
    try {
      record.worker = this.#effects.spawn(slot.index);
      // A listener to the start may have ended the pool, when there was no worker to end yet.
      if (slot.phase !== "starting") record.worker.terminate();
      this.updateReference(slot);
      return undefined;
    } catch (error) {
      slot.becomeEmpty();
      return error as Error;
    }
  }

  /** The worker of a slot can take tasks. */
  ready(slot: Slot<T>, now: number): void {
    slot.becomeReady(now);
    this.#budget.succeeded();
    this.noteAllReady();
    this.updateReference(slot);
    this.#listener.becameReady(slot.index, now);
  }

  /** When every slot has the worker that it needs, none is wanted any more that has no tasks. */
  noteAllReady(): void {
    if (this.#slots.every(({ phase, isOpen }) => phase === "ready" || !isOpen)) this.#demand.all = false;
  }

  /** Decides when a worker that did not start is tried again. Returns what cannot run because of it. */
  startFailed(slot: Slot<T>, error: Error, now: number): StartFailureScope {
    const verdict = this.#budget.failed(error);
    const isShort = isShortage(error);
    // One that still starts may fail in the same way, unless what failed is that the system has no room for more. One whose place is closed
    // gets no more tasks.
    const othersServe = this.#slots.some(({ phase, isOpen }) =>
      isOpen && (phase === "ready" || (isShort && phase === "starting"))
    );
    // What a worker holds that is on its way out is free in a moment.
    const roomComes = isShort && this.#slots.some(({ phase }) => phase === "stopping");
    const retry = verdict.retry || (roomComes && !othersServe);
    slot.notBefore = retry || othersServe ? now + verdict.delayMs : now;
    if (retry) return "nothing";
    this.#demand.all = false;
    this.#listener.startFailed(error);
    if (this.#options.breakOnExit) return "pool";
    if (othersServe) return isShort ? "elsewhere" : "slot";
    return verdict.exhausted ? "pool" : "waiting";
  }

  /** Whether a worker that died unasked is replaced at once, so that the next task finds a warm one. */
  mayReplace(slot: Slot<T>, now: number): boolean {
    return now >= slot.notBefore && this.#budget.mayReplace(now);
  }

  /** Workers keep dying that have nothing to do: all of them are hardly ever there at once, so nobody waits for that any longer. */
  giveUpAll(error: Error): void {
    if (!this.#demand.all) return;
    this.#demand.all = false;
    this.#listener.startFailed(error);
  }

  /** Lets an idle worker leave that has had all the tasks it may have, or has no place any more. */
  retireIfSpent(slot: Slot<T>): void {
    if (slot.phase !== "ready" || slot.held.size > 0) return;
    if (slot.present!.taken >= this.#options.maxTasksPerChild || !slot.isOpen) this.retire(slot);
  }

  /** Lets an idle worker leave. */
  retire(slot: Slot<T>): void {
    slot.beginStopping();
    slot.present!.worker!.stop();
  }

  /** Ends the worker of a slot, if it has one. */
  end(slot: Slot<T>): void {
    slot.beginStopping();
    slot.present?.worker?.terminate();
  }

  /** Lets all workers leave, none of which holds a task. */
  retireAll(): void {
    for (const slot of this.#slots) {
      if (slot.phase === "ready") this.retire(slot);
      else if (slot.phase === "starting") this.end(slot);
    }
  }

  /** Ends the workers that were asked to leave. */
  endStopping(): void {
    for (const slot of this.#slots) if (slot.phase === "stopping") slot.present?.worker?.terminate();
  }

  /** Those that start may do so for nobody, as replacements, until a task waits for them. */
  updateStartingReferences(): void {
    for (const slot of this.#slots) if (slot.phase === "starting") this.updateReference(slot);
  }

  /** Decides whether the worker of a slot keeps the program alive. */
  updateReference(slot: Slot<T>): void {
    // What it returns may hold shared objects until it says so.
    const record = slot.present;
    if (record === undefined) return;
    const busy = record.held.size > 0 || record.revoked.size > 0;
    const isAwaited = slot.phase === "starting" && this.#demand.any;
    record.worker?.setReferenced(busy || isAwaited || slot.phase === "stopping");
  }
}
