import type { Completion, TaskHandle, TaskRequest } from "../backend.ts";
import type { ScheduledTask, TaskPlace, TaskState } from "../scheduling/scheduled_task.ts";

// Unique in the program: what a worker prints names its task, whichever pool that is of.
let lastId = 0;

/** What most tasks do not have: their time is not limited, nobody gives them up, and no worker dies of them. */
interface TaskHistory {
  attempt: number;
  retriesLeft: number;
  redeliveries: number;
  sentAt: number | undefined;
  givenUpAt: number | undefined;
  wasSentAgain: boolean;
}

/**
 * The local backend's books on one request.
 *
 * Very many of these live at once, as of `SubmittedTask`: what few tasks have is kept apart.
 */
export class TaskRecord implements ScheduledTask, TaskHandle {
  readonly id: number = ++lastId;
  readonly request: TaskRequest;
  readonly completion: Completion;
  state: TaskState = "waiting";
  slot: TaskPlace<this> | undefined = undefined;
  #history: TaskHistory | undefined = undefined;
  /** Where the message of its own that left last for a worker ends among all bytes for that; 0 when none has left. */
  #endsAt = 0;

  constructor(request: TaskRequest, completion: Completion) {
    this.request = request;
    this.completion = completion;
  }

  get priority(): number {
    return this.request.priority;
  }

  get key(): string | undefined {
    return this.request.key;
  }

  get byteLength(): number {
    return this.request.byteLength;
  }

  get timeoutMs(): number | undefined {
    return this.request.timeoutMs;
  }

  get attempt(): number {
    return this.#history === undefined ? 1 : this.#history.attempt;
  }

  set attempt(attempt: number) {
    this.#keptHistory().attempt = attempt;
  }

  get retriesLeft(): number {
    return this.#history === undefined ? this.request.retries : this.#history.retriesLeft;
  }

  set retriesLeft(retries: number) {
    this.#keptHistory().retriesLeft = retries;
  }

  get redeliveries(): number {
    return this.#history === undefined ? 0 : this.#history.redeliveries;
  }

  set redeliveries(redeliveries: number) {
    this.#keptHistory().redeliveries = redeliveries;
  }

  get sentAt(): number | undefined {
    return this.#history?.sentAt;
  }

  set sentAt(at: number | undefined) {
    this.#keptHistory().sentAt = at;
  }

  get givenUpAt(): number | undefined {
    return this.#history?.givenUpAt;
  }

  set givenUpAt(at: number | undefined) {
    this.#keptHistory().givenUpAt = at;
  }

  get endsAt(): number {
    return this.#endsAt;
  }

  /** A message of its own leaves for a worker, and ends there among all bytes for that. */
  sendAlone(endsAt: number): void {
    if (this.#endsAt !== 0) this.#keptHistory().wasSentAgain = true;
    this.#endsAt = endsAt;
  }

  /** Whether one message of its own was made, and no byte of it is among those that still are to leave. */
  hasLeft(writtenBytes: number): boolean {
    return this.#endsAt !== 0 && this.#endsAt <= writtenBytes && !this.#history?.wasSentAgain;
  }

  #keptHistory(): TaskHistory {
    return this.#history ??= {
      attempt: 1,
      retriesLeft: this.request.retries,
      redeliveries: 0,
      sentAt: undefined,
      givenUpAt: undefined,
      wasSentAgain: false,
    };
  }
}
