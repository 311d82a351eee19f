import type { ScheduledTask } from "../../../src/pool/scheduling/scheduled_task.ts";

/** A task that only a scheduler sees: it was just submitted, and nothing about it is special. */
export function plainTask(id: number): Omit<ScheduledTask, "slot"> & { slot: undefined } {
  return {
    id,
    priority: 0,
    key: undefined,
    byteLength: 10,
    timeoutMs: undefined,
    state: "waiting",
    slot: undefined,
    attempt: 1,
    retriesLeft: 0,
    redeliveries: 0,
    sentAt: undefined,
    givenUpAt: undefined,
  };
}
