/** What was promised to a soak's calls, and what they got. */

/** One call: what it may end with. */
export interface Call {
  /** What kind of call, for the summary. */
  readonly kind: string;
  /** Numbers of the tasks that it is made of. */
  readonly ids: readonly number[];
  /** How often each of its tasks may run: 1, and one more for each retry. */
  readonly mayRun: number;
  /** Whether the value is right. */
  readonly isRight: (value: unknown) => boolean;
  /** Whether this error is one that such a call may end with. */
  readonly mayFail: (error: unknown) => boolean;
}

/** Counts of how the calls of a kind ended. */
export interface Tally {
  made: number;
  succeeded: number;
  failed: number;
}

/** Keeps the calls, and looks for those that are lost, wrong or doubled. */
export class Ledger {
  readonly tallies: Map<string, Tally> = new Map();
  /** What went wrong, one line each. */
  readonly faults: string[] = [];
  readonly #open = new Set<Call>();
  readonly #runsAllowed = new Map<number, number>();
  readonly #mustHaveRun = new Set<number>();
  #nextId = 0;
  tasks = 0;

  /** The number of a new task. */
  id(): number {
    this.tasks++;
    return this.#nextId++;
  }

  /** Calls that have not settled. */
  get open(): number {
    return this.#open.size;
  }

  /** Follows a call to its end. */
  async follow(call: Call, outcome: Promise<unknown>): Promise<void> {
    const tally = this.tallies.get(call.kind) ?? { made: 0, succeeded: 0, failed: 0 };
    this.tallies.set(call.kind, tally);
    tally.made++;
    this.#open.add(call);
    for (const id of call.ids) this.#runsAllowed.set(id, call.mayRun);
    try {
      const value = await outcome;
      tally.succeeded++;
      for (const id of call.ids) this.#mustHaveRun.add(id);
      if (!call.isRight(value)) this.faults.push(`wrong: ${call.kind} ${call.ids[0]} gave ${Deno.inspect(value)}`);
    } catch (error) {
      tally.failed++;
      if (!call.mayFail(error)) this.faults.push(`wrong: ${call.kind} ${call.ids[0]} failed with ${error}`);
    }
    this.#open.delete(call);
  }

  /** Compares what ran, one line a run, with what may and must have run; adds what is still open as lost. */
  close(runs: string): void {
    for (const { kind, ids } of this.#open) this.faults.push(`lost: ${kind} ${ids[0]} never settled`);
    const counts = new Map<number, number>();
    for (const line of runs.split("\n")) {
      if (line === "") continue;
      const id = Number(line.split(" ")[0]);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const [id, count] of counts) {
      const allowed = this.#runsAllowed.get(id) ?? 0;
      if (count > allowed) this.faults.push(`doubled: task ${id} ran ${count} times, ${allowed} allowed`);
    }
    for (const id of this.#mustHaveRun) {
      if (!counts.has(id)) this.faults.push(`wrong: task ${id} succeeded and never ran`);
    }
  }
}
