import type { Completion, TaskHandle, TaskRequest } from "../corral.ts";

/**
 * Where a task is:
 *
 * - `waiting`: here; it can be taken out without anybody knowing of it;
 * - `leaving`: its order is being written;
 * - `sent`: the engine has it;
 * - `begun`: an agent has it, as far as was told;
 * - `ended`: its caller has been told.
 */
export type EntryState = "waiting" | "leaving" | "sent" | "begun" | "ended";

/** A task that has not settled, and all that is known of it. */
export class Entry implements TaskHandle {
  readonly id: number;
  readonly request: TaskRequest;
  readonly completion: Completion;
  /** Its job in the engine. */
  readonly jobId: string;
  state: EntryState = "waiting";
  /** An outcome is being fetched and read: later ones are of no interest. */
  isFinishing = false;
  /** Sweeps in a row that did not find the job. */
  misses = 0;
  /** How often it was given back unstarted. */
  refusals = 0;
  /** How often it was lost with its agent, or vanished. */
  losses = 0;
  retriesLeft: number;
  /** The agent that has it, when that is known. */
  agent = "";
  /** What of its order lies in the store. */
  pieces: readonly string[] = [];
  /** By the client's clock. */
  sentAt = 0;

  constructor(id: number, jobId: string, request: TaskRequest, completion: Completion) {
    this.id = id;
    this.jobId = jobId;
    this.request = request;
    this.completion = completion;
    this.retriesLeft = request.retries;
  }

  /** Whether it outlives this client. */
  get isKept(): boolean {
    return this.request.runId !== undefined;
  }
}
