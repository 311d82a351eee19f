import type { JobsOptions } from "bullmq";
import type { OutgoingOrder } from "../broker.ts";
import type { Letter } from "../message/letter.ts";

/** Outcomes that nobody took are kept by count. By age would be by the agents' clocks: one that is ahead removed all. */
const KEPT_OUTCOMES = 10_000;
/** BullMQ runs the lowest number first, and jobs without one before all others, so that every job gets one. */
const MIDDLE_PRIORITY = 2 ** 20;

/** An order as a job of BullMQ. */
export function toJob(
  { id, name, letter, priority }: OutgoingOrder,
): { name: string; data: Letter; opts: JobsOptions } {
  return {
    name,
    data: letter,
    opts: {
      jobId: id,
      priority: Math.round(Math.min(Math.max(MIDDLE_PRIORITY - priority, 1), 2 * MIDDLE_PRIORITY - 1)),
      removeOnComplete: { count: KEPT_OUTCOMES },
      removeOnFail: { count: KEPT_OUTCOMES },
    },
  };
}
