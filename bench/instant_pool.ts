/** The scheduler with workers that answer at once. */
import { Scheduler } from "../src/pool/scheduling/scheduler.ts";
import type { SchedulerEffects, SchedulerListener, SchedulerWorker } from "../src/pool/scheduling/effects.ts";
import type { ScheduledTask } from "../src/pool/scheduling/scheduled_task.ts";
import { LEASE_FRESH_MS, LEASE_SILENCE_MS } from "../src/wire/messages/lease.ts";
import { plainTask } from "../tests/helpers/simulated/plain_task.ts";

const MS_PER_READ = 0.05;

const nothing = (): void => {};

const LISTENER: SchedulerListener<ScheduledTask> = {
  sent: nothing,
  returned: nothing,
  retried: nothing,
  ran: nothing,
  becameReady: nothing,
  becameBusy: nothing,
  becameIdle: nothing,
  startFailed: (error) => {
    throw error;
  },
};

/** A pool without processes, in a time of its own: all that was sent to a worker has been answered when it is looked at next. */
export class InstantPool {
  #now = 1000;
  readonly #sent: ScheduledTask[][];
  readonly #scheduler: Scheduler<ScheduledTask>;
  #lastId = 0;

  constructor(workers: number) {
    this.#sent = Array.from({ length: workers }, () => []);
    this.#scheduler = new Scheduler<ScheduledTask>(this.#effects(), LISTENER, {
      workers,
      concurrency: 1,
      maxTasksPerChild: Infinity,
      idleTimeoutMs: Infinity,
      abortGraceMs: 500,
      breakOnExit: false,
      lease: { freshMs: LEASE_FRESH_MS, silenceMs: LEASE_SILENCE_MS },
    });
    this.#scheduler.startAll(this.#now);
    for (const slot of this.#scheduler.slots) {
      this.#scheduler.ready(slot, this.#now);
      this.#scheduler.readEnd(slot, this.#now);
    }
  }

  /** Takes tasks through the scheduler, all at once. */
  run(tasks: number): void {
    for (let n = 0; n < tasks; n++) this.#scheduler.submit(plainTask(++this.#lastId));
    this.#scheduler.dispatch(this.#now);
    this.#scheduler.nextDeadline();
    while (this.#scheduler.unsettled > 0) this.#answerAll();
  }

  #answerAll(): void {
    for (const slot of this.#scheduler.slots) {
      const tasks = this.#sent[slot.index]!;
      if (tasks.length === 0) continue;
      this.#sent[slot.index] = [];
      this.#now += MS_PER_READ;
      for (const { id } of tasks) {
        this.#scheduler.started(slot);
        this.#scheduler.answered(slot, id);
      }
      this.#scheduler.readEnd(slot, this.#now);
      // As the backend does at each turn.
      this.#scheduler.nextDeadline();
    }
  }

  #effects(): SchedulerEffects<ScheduledTask> {
    return {
      spawn: (index) => this.#worker(index),
      reject: (_task, error) => {
        throw error;
      },
      fence: (done) => done(true, this.#now),
      finished: nothing,
    };
  }

  #worker(index: number): SchedulerWorker<ScheduledTask> {
    return {
      run: (tasks) => void this.#sent[index]!.push(...tasks),
      flush: nothing,
      abort: nothing,
      stop: nothing,
      terminate: nothing,
      setReferenced: nothing,
    };
  }
}
