import type { Broker, JobState } from "../broker.ts";
import { type Clock, pause } from "../clock.ts";
import type { ChunkResult } from "../corral.ts";
import type { Sealer } from "../message/letter.ts";
import { openOutcome, type Outcome } from "../message/outcome.ts";
import { plain } from "../message/presence.ts";
import type { Acknowledger } from "./acknowledger.ts";
import type { Books } from "./books.ts";
import type { Entry } from "./entry.ts";
import { lostAgentError, refusedError, unsignedOutcomeError, vanishedError } from "./faults.ts";
import type { Lanes } from "./lanes.ts";
import { readAnswer, type Reading, readSpans } from "./outcome_reader.ts";
import type { Pursuit } from "./pursuit.ts";
import { FRESH_PART, type Shelf } from "./shelf.ts";

/** More would be a fault of the agents, not of chance. */
const MOST_REFUSALS = 5;
/** A client whose sign of life got lost with the server's data is known again at its next one. */
const ORPHANED_PAUSE_MS = 500;
/** Characters of what nobody has signed that an error tells. */
const MOST_TOLD = 500;
/** A job that was added a moment ago may not be seen yet by a sweep that began before. */
const MISSES_UNTIL_VANISHED = 2;

type Refusal = Extract<Outcome, { readonly kind: "refused" }>;

/** What outcomes work with. */
export interface OutcomesOptions {
  readonly books: Books;
  readonly broker: Broker;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly lanes: Lanes;
  readonly shelf: Shelf;
  /** For runs with an id. */
  readonly runShelf: Shelf;
  readonly pursuit: Pursuit;
  readonly acknowledger: Acknowledger;
  /** How long the server keeps pieces. */
  readonly resultTtlMs: number;
  /** How long this client can be silent before agents take it for gone. */
  readonly leaseMs: number;
  /** There may be room for more orders. */
  readonly onRoom: () => void;
}

/**
 * What became of tasks that are out, from events and from the sweep. Neither alone is enough: events are lost, the sweep is late.
 *
 * The first outcome that an agent has signed counts. What is not signed is a rumour: what the job itself holds decides.
 */
export class Outcomes {
  readonly #options: OutcomesOptions;

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /** The order is out. Its caller may have given it up meanwhile. */
  sent(entry: Entry): void {
    const { books, pursuit, clock } = this.#options;
    if (entry.state === "ended") {
      // It was given up while it was written; one that has been answered is not out any more.
      if (entry.isOut) pursuit.add(entry.jobId);
      books.letGo(entry);
      return;
    }
    // Its event may have been quicker than the answer to the one who sent it.
    if (entry.state !== "leaving") return;
    entry.sentAt = clock.now();
    entry.state = "sent";
    entry.completion.sent(undefined, entry.sentAt);
  }

  /** An agent has the job. */
  begun(jobId: string, agent: string): void {
    const entry = this.#options.books.get(jobId);
    if (entry === undefined || entry.isFinishing) return;
    if (agent !== "") entry.agent = told(agent);
    if (entry.state === "leaving") this.sent(entry);
    if (entry.state !== "sent") return;
    entry.state = "begun";
    entry.completion.begun(this.#options.clock.now());
  }

  /** Its agent was lost. The agent that gets it next decides whether it may start again. */
  stalled(jobId: string): void {
    const entry = this.#options.books.get(jobId);
    if (entry?.state !== "begun" || entry.isFinishing) return;
    entry.losses++;
    if (entry.losses > entry.request.retries) return;
    const now = this.#options.clock.now();
    entry.state = "sent";
    entry.completion.retried(lostAgentError(entry.agent, 1), entry.losses + 1, now);
    if (!hasEnded(entry)) entry.completion.sent(undefined, now);
  }

  /** A job has ended, as an event says. */
  async finished(jobId: string, letter: unknown): Promise<void> {
    const { books, pursuit, sealer, broker } = this.#options;
    const entry = books.get(jobId);
    if (entry === undefined || entry.state === "waiting") {
      if (pursuit.has(jobId)) void pursuit.press([jobId]);
      return;
    }
    if (entry.isFinishing) return;
    const outcome = openOutcome(sealer, jobId, letter);
    if (outcome !== undefined && !mayBeLate(entry, outcome)) return void this.#answered(entry, outcome);
    const [state] = await broker.inspect([jobId]).catch(() => []);
    if (state === undefined) return;
    // That it is gone is for the sweep to find: of an order that is being written, the event may be forged.
    if (state.state !== "missing") this.found(entry, state);
    // Another program with the same run has taken it away.
    else if (outcome !== undefined && outcome.kind !== "refused" && entry.awaitsOutcome) {
      void this.#answered(entry, outcome);
    }
  }

  /** What a job itself holds. */
  found(entry: Entry, state: JobState): void {
    const { books, sealer, acknowledger } = this.#options;
    if (entry.state === "ended" || entry.isFinishing || entry.state === "waiting") return;
    entry.misses = state.state === "missing" ? entry.misses + 1 : 0;
    if (state.state === "active") this.begun(entry.jobId, state.agent);
    if (entry.misses >= MISSES_UNTIL_VANISHED) this.#vanished(entry);
    if (state.state !== "finished") {
      // Another program has the run run again.
      if (entry.hadEnded === true) entry.hadEnded = false;
      return;
    }
    const outcome = openOutcome(sealer, entry.jobId, state.letter);
    if (outcome !== undefined) return void this.#answered(entry, outcome);
    if (isOldEnd(entry)) return void this.#runAgain(entry);
    acknowledger.add(entry.jobId);
    books.take(entry)?.reject(unsignedOutcomeError(told(state.reason)), "worker");
  }

  async #answered(entry: Entry, outcome: Outcome): Promise<void> {
    if (outcome.kind === "refused") return await this.#refused(entry, outcome);
    const { books, broker, lanes, acknowledger, onRoom } = this.#options;
    // The event that it began may have been lost, and the caller counts on being told.
    if (outcome.kind === "value" || outcome.durationMs !== undefined) this.begun(entry.jobId, outcome.agent);
    entry.isFinishing = true;
    entry.agent = outcome.agent;
    let reading: Reading;
    try {
      // No promise where nothing is to be fetched: a caller that awaits one call after another pays for each.
      const pending = readAnswer(outcome, entry.request.chunk?.size, broker);
      reading = pending instanceof Promise ? await pending : pending;
    } catch (error) {
      reading = { ok: false, error, kind: "worker" };
    }
    if (isOldEnd(entry) && hasFailed(reading, entry)) return await this.#runAgain(entry);
    lanes.answered(outcome.agent);
    const spans = readSpans(outcome, broker);
    const traced = spans instanceof Promise ? await spans : spans;
    if (!entry.isKept) acknowledger.add(entry.jobId, outcome);
    // What failed is not kept for a later run of the same id, which may be called as soon as this one's caller has been told.
    else if (hasFailed(reading, entry)) await broker.remove([entry.jobId]).catch(() => {});
    // The agent has checked them, and signed for it.
    for (const report of traced) entry.completion.span?.(report);
    const completion = books.take(entry);
    if (reading.ok) completion?.resolve(reading.value, outcome.durationMs);
    else completion?.reject(reading.error, reading.kind, outcome.durationMs);
    onRoom();
  }

  /** It was given back unstarted: it may leave again, under the same name. */
  async #refused(entry: Entry, { agent, reason, detail, starts }: Refusal): Promise<void> {
    const { books, shelf, runShelf, acknowledger, clock, leaseMs } = this.#options;
    entry.losses = Math.max(entry.losses, entry.lossesBefore + starts);
    if (reason === "orphaned") entry.orphanedSince ??= clock.now();
    else if (reason !== "piece" || !this.#mayHaveLapsed(entry)) entry.refusals++;
    if (entry.refusals > MOST_REFUSALS || clock.now() - (entry.orphanedSince ?? Infinity) > leaseMs) {
      acknowledger.add(entry.jobId);
      return books.take(entry)?.reject(refusedError(agent, detail, entry.losses > 0), "worker");
    }
    if (reason === "piece") (entry.isKept ? runShelf : shelf).forget(entry.pieces);
    await this.#sendAgain(entry, reason === "orphaned" ? ORPHANED_PAUSE_MS : 0);
  }

  /** Whether it has waited for an agent for so long that its pieces are due to be gone. They are put again, and nobody is to blame. */
  #mayHaveLapsed({ sentAt }: Entry): boolean {
    const { clock, resultTtlMs } = this.#options;
    return clock.now() - sentAt >= resultTtlMs * (1 - FRESH_PART);
  }

  /** What failed before a run was called again counts no more, nor what cannot be read any more. */
  async #runAgain(entry: Entry): Promise<void> {
    entry.isRunAgain = true;
    await this.#sendAgain(entry, 0);
  }

  async #sendAgain(entry: Entry, pauseMs: number): Promise<void> {
    const { books, broker, clock, onRoom } = this.#options;
    entry.isFinishing = true;
    await broker.remove([entry.jobId]).catch(() => {});
    if (pauseMs > 0) await pause(clock, pauseMs);
    entry.isFinishing = false;
    if (hasEnded(entry)) return;
    entry.completion.returned(clock.now());
    books.comeBack(entry);
    onRoom();
  }

  #vanished(entry: Entry): void {
    const { books, clock, onRoom } = this.#options;
    entry.misses = 0;
    if (++entry.losses > entry.request.retries) return books.take(entry)?.reject(vanishedError(), "worker");
    entry.completion.retried(vanishedError(), entry.losses + 1, clock.now());
    books.comeBack(entry);
    onRoom();
  }
}

/** What nobody has signed, for an error. */
function told(text: string): string {
  return plain(text.slice(0, MOST_TOLD));
}

/** Whether what is found of a run is what had become of it before it was called. */
function isOldEnd({ hadEnded, isRunAgain }: Entry): boolean {
  return hadEnded === true && !isRunAgain;
}

function hasFailed(reading: Reading, { request: { chunk } }: Entry): boolean {
  return !reading.ok || (chunk !== undefined && (reading.value as ChunkResult).errors.length > 0);
}

/**
 * Whether an event may be that of an earlier job with the same id. The sweep may have been quicker, and the job was sent again: to act upon it would
 * take away the new job, with what it has answered, or tell an old error.
 */
function mayBeLate({ isKept }: Entry, { kind }: Outcome): boolean {
  return isKept || kind === "refused";
}

/** Asked again behind a call of the caller's, which may have ended the task. */
function hasEnded(entry: Entry): boolean {
  return entry.state === "ended";
}
