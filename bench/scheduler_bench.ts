/** The scheduler alone, with workers that answer at once, beside a queue and promises that schedule nothing. */

import { Scheduler } from "../src/pool/scheduling/scheduler.ts";
import type { SchedulerEffects, SchedulerListener, SchedulerWorker } from "../src/pool/scheduling/effects.ts";
import type { ScheduledTask } from "../src/pool/scheduling/scheduled_task.ts";
import { LEASE_FRESH_MS, LEASE_SILENCE_MS } from "../src/wire/messages/lease.ts";

const MS_PER_READ = 0.05;

const nothing = (): void => {};

const LISTENER: SchedulerListener<ScheduledTask> = {
  sent: nothing,
  returned: nothing,
  retried: nothing,
  ran: nothing,
  becameReady: nothing,
  becameBusy: nothing,
  startFailed: (error) => {
    throw error;
  },
};

/** A pool without processes: what was sent to a worker is answered by the next `answerAll()`. */
class InstantPool {
  now = 1000;
  readonly #sent: ScheduledTask[][] = [[], []];
  readonly #scheduler = new Scheduler<ScheduledTask>(this.#effects(), LISTENER, {
    workers: 2,
    concurrency: 1,
    maxTasksPerChild: Infinity,
    idleTimeoutMs: Infinity,
    abortGraceMs: 500,
    breakOnExit: false,
    lease: { freshMs: LEASE_FRESH_MS, silenceMs: LEASE_SILENCE_MS },
  });
  #lastId = 0;

  constructor() {
    this.#scheduler.startAll(this.now);
    for (const slot of this.#scheduler.slots) {
      this.#scheduler.ready(slot, this.now);
      this.#scheduler.readEnd(slot, this.now);
    }
  }

  /** Takes tasks through the scheduler, all at once. */
  run(tasks: number): void {
    for (let n = 0; n < tasks; n++) this.#scheduler.submit(this.#task());
    this.#scheduler.dispatch(this.now);
    while (this.#scheduler.unsettled > 0) this.#answerAll();
  }

  #answerAll(): void {
    for (const slot of this.#scheduler.slots) {
      const tasks = this.#sent[slot.index]!;
      if (tasks.length === 0) continue;
      this.#sent[slot.index] = [];
      this.now += MS_PER_READ;
      for (const { id } of tasks) {
        this.#scheduler.started(slot);
        this.#scheduler.answered(slot, id);
      }
      this.#scheduler.readEnd(slot, this.now);
    }
  }

  #task(): ScheduledTask {
    return {
      id: ++this.#lastId,
      priority: 0,
      key: undefined,
      byteLength: 10,
      timeoutMs: undefined,
      state: "waiting",
      slot: undefined,
      attempt: 1,
      retriesLeft: 0,
      redeliveries: 0,
      sentAt: undefined,
      givenUpAt: undefined,
    };
  }

  #effects(): SchedulerEffects<ScheduledTask> {
    return {
      spawn: (index) => this.#worker(index),
      reject: (_task, error) => {
        throw error;
      },
      fence: (done) => done(true, this.now),
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

/** The least that a pool could do: tasks in an array, two workers' worth taken at a time. */
function runFromArray(tasks: number): number {
  const queue: { id: number }[] = [];
  for (let id = 0; id < tasks; id++) queue.push({ id });
  let answered = 0;
  for (let at = 0; at < queue.length; at += 2) answered += queue.slice(at, at + 2).length;
  return answered;
}

async function resolvePromises(tasks: number): Promise<void> {
  const calls: Promise<number>[] = [];
  for (let n = 0; n < tasks; n++) {
    const { promise, resolve } = Promise.withResolvers<number>();
    calls.push(promise);
    resolve(n);
  }
  await Promise.all(calls);
}

for (const tasks of [1, 1000, 100_000]) {
  const group = tasks === 1 ? "1 task" : `${tasks} tasks at once`;
  const pool = new InstantPool();
  Deno.bench({ group, name: "a promise each, resolved", baseline: true }, () => resolvePromises(tasks));
  Deno.bench({ group, name: "an array, two at a time" }, () => void runFromArray(tasks));
  Deno.bench({ group, name: "Scheduler, two instant workers" }, () => pool.run(tasks));
}
