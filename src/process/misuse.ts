import { ClosedError } from "../errors.ts";

/** The error for a call that a process is in no state for. */
export function misuse(action: string, name: string, detail: string): Error {
  return new Error(`Cannot ${action} ${name}: ${detail}`);
}

/** The error for a call after `close()`. */
export function closedBefore(action: string, name: string): ClosedError {
  return new ClosedError(`Cannot ${action} ${name}: it was closed, a process that was not closed is wanted`);
}
