import type { JobsOptions } from "bullmq";
import type { OutgoingOrder } from "../broker.ts";
import type { Letter } from "../message/letter.ts";
import { plain } from "../message/presence.ts";

/** BullMQ runs the lowest number first, and jobs without one before all others, so that every job gets one. */
const MIDDLE_PRIORITY = 2 ** 20;
/** Of a function's name, for dashboards. */
const MOST_NAME_CHARACTERS = 200;

/** An order as a job of BullMQ. */
export function toJob(
  { id, name, letter, priority }: OutgoingOrder,
): { name: string; data: Letter; opts: JobsOptions } {
  return {
    // A module may export what PostgreSQL cannot store as text, and would refuse with all that is sent beside it.
    name: plain(name.slice(0, MOST_NAME_CHARACTERS)),
    data: letter,
    opts: {
      jobId: id,
      priority: Math.round(Math.min(Math.max(MIDDLE_PRIORITY - priority, 1), 2 * MIDDLE_PRIORITY - 1)),
      // Agents take away what nobody took in time. By count, a long run with an id would push out its own outcomes.
      removeOnComplete: false,
      removeOnFail: false,
    },
  };
}
