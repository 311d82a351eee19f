import { epochMs } from "../timer.ts";

/** The right to something that its owner has granted, such as a lock. */
export interface Turn {
  /** Names it to the owner. */
  readonly token: number;
  /** The task that has it. */
  readonly task: number;
  /** When the grant arrived, by this process's clock. */
  readonly since: number;
}

/** What grants turns, as this process refers to it. */
export interface Grantor {
  /** The task that is running in this process. */
  readonly task: number;
  /** Calls an operation. */
  call(operation: string, args: unknown[]): Promise<unknown>;
}

/** How long after its grant a turn can be taken again, by the whole milliseconds of a clock that is quickly read. */
const LONGEST_TURN_MS = 2;

/**
 * The turn that this process has given back last, while its owner does not know it yet.
 *
 * What is given back and taken again within one run of synchronous code, as by a loop whose body is a critical section, never
 * leaves the process: neither is worth a round trip. To the owner, it is one turn. As soon as other code could run, the owner
 * is told: nobody must wait for a lock because the process that had it computes.
 */
export class ReturnedTurns {
  #grantor: Grantor | undefined;
  #turn: Turn | undefined;
  #isScheduled = false;
  readonly #settled = Promise.resolve();
  readonly #sendLater = (): void => {
    this.#isScheduled = false;
    if (this.#grantor === undefined) return;
    this.send();
    this.#flush();
  };
  readonly #flush: () => void;

  /** @param flush Lets leave what was sent. */
  constructor(flush: () => void) {
    this.#flush = flush;
  }

  /** Gives a turn back: before the next message to the neighbour, and before any code that waits for a promise goes on. */
  add(grantor: Grantor, turn: Turn): void {
    this.send();
    this.#grantor = grantor;
    this.#turn = turn;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#settled.then(this.#sendLater);
  }

  /** The turn that the task has just given back, unless it was a long one, or another one was given back since. */
  retake(grantor: Grantor): Turn | undefined {
    const turn = this.#turn;
    if (this.#grantor !== grantor || turn === undefined || turn.task !== grantor.task) return undefined;
    const passed = epochMs() - turn.since;
    if (passed < 0 || passed > LONGEST_TURN_MS) return undefined;
    this.#grantor = this.#turn = undefined;
    return turn;
  }

  /** Tells the owner. That comes before any other message: who learns from one what came next may rely on it. */
  send(): void {
    const [grantor, turn] = [this.#grantor, this.#turn];
    if (grantor === undefined || turn === undefined) return;
    this.#grantor = this.#turn = undefined;
    grantor.call("releaseToken", [turn.token]).catch(() => {});
  }
}
