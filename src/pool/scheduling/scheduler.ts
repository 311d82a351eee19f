/**
 * What follows when something happens in a pool: a task comes, a worker answers or ends, a deadline passes.
 *
 * Which worker gets which task is up to the `Dispatcher`, how workers start and leave to the `Supervisor`, and every task
 * settles in `UnsettledTasks`. None of them knows another; here they are joined.
 *
 * A pure state machine: it is told what happened and at what time, acts through two small interfaces, its effects and its workers, and tells
 * a listener what it did. It starts no timers: its owner calls `tick()` at `nextDeadline()`.
 */
import { Dispatcher } from "./dispatcher.ts";
import type { RejectionKind, SchedulerEffects, SchedulerListener, SchedulerOptions } from "./effects.ts";
import type { ScheduledTask } from "./scheduled_task.ts";
import { Slot } from "./slot.ts";
import { SlotDeadlines } from "./deadlines.ts";
import { Supervisor } from "./supervisor.ts";
import { brokenError, notHeldError, terminatedError, timeoutError } from "./task_errors.ts";
import { type ExitErrorFactory, UnsettledTasks } from "./unsettled_tasks.ts";
import { WaitingTasks } from "./waiting_tasks.ts";
import { WorkerDemand } from "./worker_demand.ts";

/** Takes the tasks of a pool through its workers. */
export class Scheduler<T extends ScheduledTask> {
  readonly slots: readonly Slot<T>[];
  readonly #effects: SchedulerEffects<T>;
  readonly #listener: SchedulerListener<T>;
  readonly #options: SchedulerOptions;
  readonly #waiting: WaitingTasks<T>;
  readonly #unsettled: UnsettledTasks<T>;
  readonly #deadlines: SlotDeadlines<T>;
  readonly #dispatcher: Dispatcher<T>;
  readonly #demand: WorkerDemand<T>;
  readonly #supervisor: Supervisor<T>;
  #state: "open" | "closing" | "ending" | "finished" = "open";
  #broken: Error | undefined;
  #paused = false;

  constructor(effects: SchedulerEffects<T>, listener: SchedulerListener<T>, options: SchedulerOptions) {
    this.#effects = effects;
    this.#listener = listener;
    this.#options = options;
    this.slots = Array.from({ length: options.workers }, (_, index) => new Slot<T>(index));
    this.#waiting = new WaitingTasks(options.workers);
    this.#unsettled = new UnsettledTasks(effects, listener, this.#waiting);
    this.#deadlines = new SlotDeadlines(options);
    this.#dispatcher = new Dispatcher(this.slots, this.#waiting, listener, options);
    this.#demand = new WorkerDemand(this.slots, this.#waiting);
    this.#supervisor = new Supervisor(this.slots, this.#demand, effects, listener, options);
  }

  /** Tasks that no worker has. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Tasks whose caller waits. */
  get unsettled(): number {
    return this.#unsettled.size;
  }

  /** Why no task can run any more, if so. */
  get broken(): Error | undefined {
    return this.#broken;
  }

  /** Whether `submit()` takes a task in, and does not reject it at once. */
  get takesTasks(): boolean {
    return this.#broken === undefined && !this.#isEnding;
  }

  /** Whether workers may still be needed beside those that have tasks. */
  get goesOn(): boolean {
    return this.#state === "open" || this.#waiting.size > 0;
  }

  /** Takes a task in. It is handed out by the next `dispatch()`. */
  submit(task: T): void {
    this.#unsettled.add();
    if (this.#broken !== undefined) return this.#unsettled.fail(task, brokenError(this.#broken), "worker");
    if (this.#isEnding) return this.#unsettled.fail(task, terminatedError(), "cancelled");
    this.#waiting.add(task, "last");
  }

  /** Whether tasks wait, whatever workers are free. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Hands out no task, and starts no worker, until it is told otherwise. What was handed out goes on. */
  setPaused(paused: boolean, now: number): void {
    this.#paused = paused;
    this.dispatch(now);
  }

  /** How many workers there may be. */
  get size(): number {
    return this.slots.filter(({ isOpen }) => isOpen).length;
  }

  /** Changes that, from 1 to the number of slots. Workers that are too many leave when they are idle. */
  resize(workers: number, now: number): void {
    for (const slot of this.slots) slot.isOpen = slot.index < workers;
    this.#waiting.settleHomes(this.slots.filter(({ isOpen }) => isOpen).map(({ index }) => index));
    for (const slot of this.slots) this.#supervisor.retireIfSpent(slot);
    this.#supervisor.noteAllReady();
    this.dispatch(now);
  }

  /** Has all workers started, also without tasks for them. None leaves for want of tasks before the last is ready. */
  startAll(now: number): void {
    this.#demand.all = true;
    this.#supervisor.noteAllReady();
    this.dispatch(now);
  }

  /** Hands out what can be handed out, and starts workers for the rest. */
  dispatch(now: number): void {
    if (this.#isEnding) return this.#finishIfDrained();
    if (!this.#paused) {
      this.#dispatcher.handOut(now);
      this.#startWorkers(now);
    }
    this.#finishIfDrained();
  }

  /** The worker of a slot can take tasks. */
  ready(slot: Slot<T>, now: number): void {
    if (slot.phase !== "starting") return;
    this.#supervisor.ready(slot, now);
    this.#supervisor.retireIfSpent(slot);
  }

  /** The worker of a slot says that it cannot start, and why. */
  startFailed(slot: Slot<T>, error: Error, now: number): void {
    if (slot.phase !== "starting") return;
    this.#supervisor.end(slot);
    this.#noteStartFailure(slot, error, now);
    this.dispatch(now);
  }

  /** The worker of a slot has begun the task: if it dies now, the task may have had effects. */
  started(slot: Slot<T>): void {
    slot.present?.began();
  }

  /** From now on the worker of a slot says that it began a task, or, on standby, does not. */
  standby(slot: Slot<T>, on: boolean): void {
    slot.present?.setStandby(on);
  }

  /** The worker of a slot got only now what it was sent: until then nothing of it could run. */
  fed(slot: Slot<T>, now: number): void {
    slot.present?.restartTime(now);
  }

  /** The worker of a slot answered. Returns the task if its caller still waits. Throws ProtocolError when the worker does not hold it. */
  answered(slot: Slot<T>, taskId: number): T | undefined {
    const record = slot.present;
    const task = record?.held.byId(taskId);
    if (task === undefined) throw notHeldError("answered", taskId);
    record!.answer(task);
    return this.#unsettled.settle(task) ? task : undefined;
  }

  /** The worker of a slot gave tasks back without starting them. */
  returned(slot: Slot<T>, taskIds: readonly number[], now: number): void {
    this.#dispatcher.acceptReturn(slot, taskIds, now);
  }

  /** All messages of one read were handled. */
  readEnd(slot: Slot<T>, now: number): void {
    const { costMs, answers, becameIdle } = slot.present!.endRead(now);
    if (answers > 0) this.#listener.ran(costMs, answers);
    if (becameIdle) {
      this.#supervisor.retireIfSpent(slot);
      this.#listener.becameIdle(slot.index, now);
    }
    this.dispatch(now);
    if (slot.held.size === 0) this.#supervisor.updateReference(slot);
  }

  /** The worker of a slot has ended. */
  exited(slot: Slot<T>, error: ExitErrorFactory, now: number): void {
    const { phase, present } = slot;
    const held = [...slot.held.all()];
    const mayHaveStarted = present?.mayHaveBegun(this.#options.concurrency) ?? 0;
    slot.becomeEmpty();
    const expected = phase === "stopping" || phase === "empty";
    if (this.#options.breakOnExit && !expected && this.#state !== "ending") {
      return this.breakPool(error(mayHaveStarted > 0, 1), held);
    }
    if (phase === "starting") this.#noteStartFailure(slot, error(false, 1), now);
    this.#unsettled.reassign(held, mayHaveStarted, error, now);
    const mayStart = this.#state === "open" && slot.isOpen && !this.#paused;
    if (!expected && phase !== "starting" && mayStart) {
      if (this.#supervisor.mayReplace(slot, now)) this.#start(slot, now);
      else if (held.length === 0) this.#supervisor.giveUpAll(error(false, 1));
    }
    this.dispatch(now);
  }

  /** Gives the task's caller the reason why it is not wanted any more, unless it has an outcome, and its worker the order to stop. */
  cancel(task: T, reason: unknown, now: number, kind: RejectionKind = "cancelled"): void {
    const { state } = task;
    if (!this.#unsettled.settle(task)) return;
    if (state === "waiting") this.#waiting.forget(task);
    task.givenUpAt = now;
    this.#effects.reject(task, reason, kind);
    task.slot?.present?.worker?.abort(task, reason);
    this.#finishIfDrained();
  }

  /** Takes no more tasks; workers leave when all accepted ones are done. */
  close(): void {
    if (this.#state === "open") this.#state = "closing";
    this.#finishIfDrained();
  }

  /** Ends all workers and cancels all tasks. */
  terminate(reason: (task: T) => Error, kind: RejectionKind = "cancelled"): void {
    if (this.#isEnding) return this.#supervisor.endStopping();
    this.#state = "ending";
    this.#unsettled.failWaiting(reason, kind);
    for (const slot of this.slots) {
      for (const task of slot.held.all()) this.#unsettled.fail(task, reason(task), kind);
      this.#supervisor.end(slot);
    }
    this.#finishIfDrained();
  }

  /** Fails what waits, and ends all workers: they may not go on. What is submitted later may run again. */
  refuse(error: Error): void {
    if (this.#isEnding) return;
    this.#unsettled.failWaiting(() => error, "worker");
    for (const slot of this.slots) this.#supervisor.end(slot);
  }

  /** Makes the pool unusable: everything fails with a BrokenPoolError of its own. */
  breakPool(cause: Error, held: readonly T[] = []): void {
    this.#broken = cause;
    for (const task of held) this.#unsettled.fail(task, brokenError(cause), "worker");
    this.terminate(() => brokenError(cause), "worker");
  }

  /** When `tick()` must be called next. */
  nextDeadline(): number {
    let next = this.#isEnding || this.#paused || !this.#demand.any ? Infinity : this.#demand.nextStart();
    const idlersLeave = !this.#demand.all;
    for (let index = 0; index < this.slots.length; index++) {
      next = Math.min(next, this.#deadlines.next(this.slots[index]!, idlersLeave));
    }
    return next;
  }

  /** Acts on what is due. */
  tick(now: number): void {
    for (const slot of this.slots) {
      if (now >= this.#deadlines.lease(slot)) this.#checkLease(slot);
      this.#expireTasks(slot, now);
      if (!this.#demand.all && this.#deadlines.isIdleTooLong(slot, now)) this.#supervisor.retire(slot);
    }
    this.dispatch(now);
  }

  #checkLease(slot: Slot<T>): void {
    const record = slot.present!;
    const mark = record.lease.raiseFence();
    this.#effects.fence((held, now) => {
      if (!held) return record.lease.lowerFence(mark, now);
      // Meanwhile another worker may be here.
      if (slot.present !== record || record.held.size < 2 || !record.lease.isSilentSince(mark)) return;
      this.#dispatcher.revokePrefetched(slot, now);
      this.dispatch(now);
    }, slot.index);
  }

  #expireTasks(slot: Slot<T>, now: number): void {
    for (const task of this.#deadlines.expired(slot, now)) {
      this.cancel(task, timeoutError(task.timeoutMs!), now, "timeout");
    }
    // Asked behind these: a listener to one may have ended the pool, or given others up.
    if (this.#deadlines.isGraceOver(slot, now)) this.#supervisor.end(slot);
  }

  #startWorkers(now: number): void {
    // Asked at each turn, of many slots perhaps: mostly all are ready, and nothing is to be done.
    for (let index = 0; index < this.slots.length; index++) {
      if (this.slots[index]!.phase !== "ready") return this.#startMissing(now);
    }
  }

  #startMissing(now: number): void {
    this.#supervisor.updateStartingReferences();
    for (const slot of this.#demand.due(now)) {
      this.#start(slot, now);
      if (this.#isEnding) return;
    }
  }

  #start(slot: Slot<T>, now: number): void {
    const failure = this.#supervisor.start(slot, now);
    if (failure !== undefined) this.#noteStartFailure(slot, failure, now);
  }

  #noteStartFailure(slot: Slot<T>, error: Error, now: number): void {
    switch (this.#supervisor.startFailed(slot, error, now)) {
      case "elsewhere":
        this.#waiting.rehome(slot.index, this.slots.findIndex(isServing));
        if (!this.#paused) this.#dispatcher.handOut(now);
        return;
      case "slot":
        return this.#unsettled.failKeyed(slot.index, error);
      case "waiting":
        return this.#unsettled.failWaiting(() => error, "worker");
      case "pool":
        return this.breakPool(error);
    }
  }

  get #isEnding(): boolean {
    return this.#state === "ending" || this.#state === "finished";
  }

  #finishIfDrained(): void {
    if (this.#state === "closing" && this.#waiting.size === 0 && this.slots.every((slot) => slot.held.size === 0)) {
      this.#state = "ending";
      this.#supervisor.retireAll();
    }
    if (this.#state === "ending" && this.slots.every((slot) => slot.phase === "empty")) {
      this.#state = "finished";
      this.#effects.finished();
    }
  }
}

function isServing({ phase, isOpen }: Slot<ScheduledTask>): boolean {
  return isOpen && (phase === "ready" || phase === "starting");
}
