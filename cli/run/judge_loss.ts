import {
  EncodingError,
  OutOfMemoryError,
  ProtocolError,
  WorkerExitError,
  WorkerStartError,
} from "@corral/multiprocessing/pool";
import type { CliMapOptions, RetryReason } from "../options/cli_map_options.ts";
import { describeTimeout, EXIT_BROKEN } from "../runner/protocol.ts";
import type { ErrorText } from "../records/run_events.ts";
import type { Outcome, Retry } from "../records/batch.ts";
import type { RunningBlock } from "./running_block.ts";

/** What follows when a worker did not finish a block. The record at fault is the first that is not done. */
export type Loss =
  /** The run cannot go on. */
  | { readonly kind: "fatal"; readonly error: unknown }
  /** Nobody can be blamed yet. */
  | { readonly kind: "again"; readonly attempt: number; readonly unheard: boolean }
  | { readonly kind: "retry"; readonly retry: Omit<Retry, "offset"> }
  | { readonly kind: "failed"; readonly outcome: Omit<Outcome, "offset"> };

/** Judges a block that came back with an error, by what was heard of it before. See `docs/decisions/command.md`. */
export function judgeLoss(
  running: RunningBlock,
  error: unknown,
  options: Pick<CliMapOptions, "retries" | "retryOn" | "cluster">,
): Loss {
  if (running.isOutOfTime) return blame(running, "timeout", timeoutText(running), options);
  if (error instanceof WorkerStartError) return { kind: "fatal", error };
  const { block, attempt, hasBegun, isExact, isExiting, isLastUnit } = running;
  // Its agent was told to end as well, most likely; a record that does this itself is found the second time.
  if (options.cluster !== undefined && isToldToEnd(error) && !block.suspect) {
    return { kind: "again", attempt, unheard: !hasBegun };
  }
  const isBroken = hasBegun && isBrokenWorker(error);
  if (!isBroken && !(error instanceof WorkerExitError && error.taskStarted)) return { kind: "fatal", error };
  // The second time, a record that takes its worker along before anything is heard of it is to blame.
  const isKnown = hasBegun ? isExact || isExiting || isLastUnit : block.suspect && isLastUnit;
  if (isKnown) {
    return blame(running, "crash", isBroken ? brokenText(error) : crashText(error as WorkerExitError), options);
  }
  return { kind: "again", attempt, unheard: !hasBegun };
}

/** Whether a worker was ended by what may interrupt the run: `timeout` and systemd send it to all processes of a command. */
export function isToldToEnd(error: unknown): boolean {
  return error instanceof WorkerExitError && error.signal === "SIGTERM";
}

/**
 * Whether what the runner gave could not even be sent, or the runner failed itself: a function has broken what JavaScript gives to
 * both, for example `Array.prototype`.
 */
function isBrokenWorker(error: unknown): error is Error {
  return [TypeError, RangeError, ReferenceError, SyntaxError, EncodingError].some((one) => error instanceof one);
}

function brokenText(error: Error): ErrorText {
  // The text of an EncodingError advises callers of the library.
  const what = error instanceof EncodingError ? "the results cannot be sent" : error.message;
  return {
    name: "WorkerExitError",
    message: `the function broke its worker, where corral fails now: ${error.name}: ${what}`,
  };
}

function blame(
  running: RunningBlock,
  reason: RetryReason & ("timeout" | "crash"),
  error: ErrorText,
  { retries, retryOn }: Pick<CliMapOptions, "retries" | "retryOn">,
): Loss {
  const { attempt, recordStartedAt: startedAt } = running;
  const durationMs = Math.max(0, Date.now() - startedAt);
  if (attempt <= retries && retryOn.has(reason)) {
    return { kind: "retry", retry: { attempt, reason, at: Date.now(), durationMs } };
  }
  return {
    kind: "failed",
    outcome: { outcome: reason, attempt, startedAt, durationMs, results: 0, bytes: 0, error },
  };
}

function timeoutText({ timeoutMs }: RunningBlock): ErrorText {
  const { name, message } = describeTimeout(timeoutMs ?? 0);
  return { name, message: `${message}, its worker was ended` };
}

/** What the user of the command can make of it: whether a retry is safe, and names of options, are for callers of the library. */
function crashText(error: WorkerExitError): ErrorText {
  const { name, exitCode, signal } = error;
  if (error instanceof OutOfMemoryError) {
    return {
      name,
      message: "the worker ran out of memory, wanted a higher --memory-limit, or a function that needs less",
    };
  }
  const hint = exitCode === EXIT_BROKEN
    ? ", as it does where code has changed what JavaScript itself gives, such as Array.prototype"
    : "";
  const exit = exitCode === null ? "ended" : `exited with code ${exitCode}${hint}`;
  const ending = signal !== null ? `was ended by ${signal}` : exit;
  if (!(error instanceof ProtocolError)) return { name, message: `the worker ${ending}` };
  // The cause is the violation that it was killed for; without one, it ended by itself.
  const violation = error.cause instanceof Error
    ? `broke the protocol, ${error.cause.message}`
    : `${ending} in the middle of a message`;
  return { name, message: `the worker ${violation}` };
}
