/**
 * The lease on tasks that are sent ahead of the one that a worker runs: the clocks of both sides, and the argument that joins them.
 *
 * A worker that answers quickly holds several tasks, worked in order. Nobody must wait behind a long one while another worker idles, and no
 * task may start twice. So what is sent ahead has a lease:
 *
 * - **The child** measures from a moment before its last answer left until after this one has. If that took longer than `LEASE_MS`, it
 *   starts nothing more of what it holds, and returns those ids.
 * - **The parent** counts from when it read the last answer, which is later than the moment that the child counts from. After
 *   `LEASE_SILENCE_MS` without a message, and when all that lay in the pipes has been read (a fence, see `Scheduler`), the next answer can only
 *   come too late for the child; so the parent gives the tasks behind the first to another worker, and ignores their return.
 *
 * Both hold only while the child's limit is the shorter one: the difference is what the two clocks may be apart in rounding and in speed. Not
 * even a child that is stopped for a minute between two instructions breaks it, because it measures after its answer has left.
 *
 * Tasks that the parent sent before it knew of a return may have been taken back, too. Each message of tasks therefore says how many
 * replies the parent had read (`RepliesRead`); a child that made a late reply behind those gives the tasks back at once.
 *
 * What else was tried: `docs/decisions/handing_out.md`.
 */

/** How long two answers in a row may take to leave the child, in milliseconds. Shorter: a busy machine returns tasks all the time. Longer: others wait longer behind a long task. */
export const LEASE_MS = 3;

/** How long the parent lets a child be silent that holds tasks ahead, in milliseconds. */
export const LEASE_SILENCE_MS = 5;

/** How old the last message of a child may be for more to be sent ahead to it, in milliseconds: what arrives when the lease is over only comes back. */
export const LEASE_FRESH_MS = 1.5;

/** Checks what the argument above requires. */
export function requireSoundLease(freshMs: number, leaseMs: number, silenceMs: number): void {
  if (freshMs < leaseMs && leaseMs < silenceMs) return;
  throw new RangeError(
    `Cannot lease tasks: ${freshMs} < ${leaseMs} < ${silenceMs} does not hold, a task could start twice`,
  );
}

requireSoundLease(LEASE_FRESH_MS, LEASE_MS, LEASE_SILENCE_MS);

/**
 * `HEAD` for tasks that the worker may start whenever it likes. For tasks sent ahead of an unanswered one, how many replies
 * (answers and returns) the parent had read by then: if one behind that came late, the parent may have taken them back.
 */
export type RepliesRead = number;

/** See {@linkcode RepliesRead}. */
export const HEAD: RepliesRead = -1;
