import type { Completion, TaskHandle, TaskRequest } from "../backend.ts";
import type { ScheduledTask, TaskPlace, TaskState } from "../scheduling/scheduled_task.ts";

// Unique in the program: what a worker prints names its task, whichever pool that is of.
let lastId = 0;

/** The local backend's books on one request. */
export class TaskRecord implements ScheduledTask, TaskHandle {
  readonly id: number = ++lastId;
  readonly request: TaskRequest;
  readonly completion: Completion;
  state: TaskState = "waiting";
  slot: TaskPlace<this> | undefined = undefined;
  attempt = 1;
  retriesLeft: number;
  redeliveries = 0;
  sentAt: number | undefined = undefined;
  givenUpAt: number | undefined = undefined;
  /** How often a message of its own left for a worker. */
  sendings = 0;
  /** Where that ends among all bytes for its worker. */
  endsAt = 0;

  constructor(request: TaskRequest, completion: Completion) {
    this.request = request;
    this.completion = completion;
    this.retriesLeft = request.retries;
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
}
