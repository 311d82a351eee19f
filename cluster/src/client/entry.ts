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
  /** Since when agents have given it back because they do not know this client. */
  orphanedSince: number | undefined;
  /** How often it was lost with its agent, or vanished, as far as is known: each used up a retry. */
  losses = 0;
  /** As many of them were before its present job, which counts its starts from 0. */
  lossesBefore = 0;
  /** The agent that has it, when that is known. */
  agent = "";
  /** Whether it takes a place in the window of what is out. */
  isOut = false;
  /** What of its order lies in the store. */
  pieces: readonly string[] = [];
  /** Of a run: whether its job had ended before it was sent, for another program or an earlier call. Not known before somebody has looked. */
  hadEnded: boolean | undefined;
  /** What had ended had failed, and was taken away. Once is enough: it may be there again because the server does not let it go. */
  isRunAgain = false;
  /** By the client's clock. */
  sentAt = 0;

  constructor(id: number, jobId: string, request: TaskRequest, completion: Completion) {
    this.id = id;
    this.jobId = jobId;
    this.request = request;
    this.completion = completion;
  }

  /** How often its present job may start again. */
  get retriesLeft(): number {
    return Math.max(0, this.request.retries - this.lossesBefore);
  }

  /** Whether the engine has it, and no outcome is known. */
  get awaitsOutcome(): boolean {
    return (this.state === "sent" || this.state === "begun") && !this.isFinishing;
  }

  /** Whether an agent may have begun it, now or before it was lost. */
  get mayHaveStarted(): boolean {
    return this.state === "begun" || this.losses > 0;
  }

  /** Whether it outlives this client. */
  get isKept(): boolean {
    return this.request.runId !== undefined;
  }
}
