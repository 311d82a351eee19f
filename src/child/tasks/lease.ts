import { HEAD, LEASE_MS, type RepliesRead } from "../../wire/messages/lease.ts";

/** Counts replies (answers and returns), and tells which may have come so late that the parent did not wait for them. */
export class Lease {
  readonly #now: () => number;
  #replies = 0;
  /** The number of the last reply that may have come too late: an answer that outran its lease, or any return. */
  #lateReply = 0;
  #clockReadAt = -Infinity;
  #beforeLastAnswerAt = -Infinity;

  /** `now` is the clock that leases are measured by, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A task begins that nothing was before. */
  begin(): void {
    this.#clockReadAt = this.#now();
  }

  /**
   * An answer has left. Returns whether it was in time: measured from some moment before the last answer left until after
   * this one has. The parent reads the last answer later than that moment, so it can count the lease from there.
   */
  answered(): boolean {
    this.#replies++;
    const now = this.#now();
    const spentMs = now - this.#beforeLastAnswerAt;
    this.#beforeLastAnswerAt = this.#clockReadAt;
    this.#clockReadAt = now;
    if (spentMs <= LEASE_MS) return true;
    this.#lateReply = this.#replies;
    return false;
  }

  /**
   * Tasks go back. That counts as a late reply: what the parent sent behind these tasks, before it knew, it may take back
   * while nothing comes from here, and no answer is late then.
   */
  returned(): void {
    this.#lateReply = ++this.#replies;
  }

  /** Whether a reply that the parent had not read when it sent tasks came so late that it may have given up waiting. */
  isTakenBack(repliesRead: RepliesRead): boolean {
    return repliesRead !== HEAD && this.#lateReply > repliesRead;
  }
}
