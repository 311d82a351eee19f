/** Errors that an agent tells in the place of a result, or makes ready to travel. */
import { encode, EncodingError, ProtocolError, WorkerExitError } from "../corral.ts";
import { thrownText } from "./thrown_text.ts";

/** What a task throws may be anything, also what cannot travel. */
export function encodeError(error: unknown): ReturnType<typeof encode> {
  try {
    return encode(error);
  } catch {
    return encode(new Error(thrownText(error)));
  }
}

/** The end of a task does not count: its worker may have had other code. */
export function strayedError(agent: string, reason: string): WorkerExitError {
  return new WorkerExitError(
    `The task was run by a worker of ${agent} that may have other code: ${reason}; if the task can run twice, give it "retries"`,
    { taskStarted: true },
  );
}

/** Its worker was ended together with the agent; `cause` says how. */
export function commonEndError(agent: string, cause: unknown): WorkerExitError {
  return new WorkerExitError(
    `The task was stopped: its agent ${agent} was told to end, and its workers with it; the task had started. Have SIGTERM sent to the ` +
      `agent alone (KillMode=mixed of systemd), or give the task "retries" if it can run twice`,
    { taskStarted: true, signal: "SIGTERM", cause },
  );
}

/** A result that stays here: it cannot travel, or the server does not take it. */
export function unsentError(error: unknown): Error {
  if (error instanceof EncodingError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ProtocolError(`Cannot send the task's result: ${detail}; the task has run, retry it if it can run twice`, {
    taskStarted: true,
  });
}
