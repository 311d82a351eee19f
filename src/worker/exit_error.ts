import { beginsLastWords, saysHeapIsFull } from "../deno_texts.ts";
import { OutOfMemoryError, ProtocolError, WorkerExitError, WorkerStartError } from "../errors.ts";
import { thrownText } from "../shown.ts";
import { see } from "../troubles.ts";

/** How a worker process ended, and what is known about why. */
export interface WorkerExit {
  readonly pid: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last 8 KiB of its standard error. */
  readonly stderrTail: string;
  /** Whether it had reported that it is ready. */
  readonly wasReady: boolean;
  /** Whether its output ended in the middle of a frame. */
  readonly inFrame: boolean;
  /** What it did against the protocol, when it was killed for that. */
  readonly violation: unknown;
  /** The limit that it exceeded, when it ended itself for memory. */
  readonly exceededMemory: { readonly residentBytes: number; readonly limitBytes: number } | undefined;
  /** Puts advice into the text of an error of Deno. */
  readonly explain?: (text: string) => string;
}

/** The error for a task that the process held, or for a start that failed. */
export function workerExitError(exit: WorkerExit, taskStarted: boolean): WorkerExitError {
  const { pid, exitCode, signal, stderrTail } = exit;
  const details = { pid, exitCode, signal, stderrTail, taskStarted, cause: exit.violation };
  const ending = describeEnding(exit);
  const retry = taskStarted ? "the task had started" : "the task had not started, a retry is safe";
  if (exit.violation !== undefined) {
    return new ProtocolError(
      `Worker ${pid} was killed: it broke the protocol, ${messageOf(exit.violation)}, ${retry}${see("protocol")}`,
      details,
    );
  }
  if (exit.exceededMemory !== undefined) {
    const { residentBytes, limitBytes } = exit.exceededMemory;
    return new OutOfMemoryError(
      `Worker ${pid} ended: it held ${mebibytes(residentBytes)} MiB of the ${mebibytes(limitBytes)} MiB that ` +
        `memoryLimitMiB allows it, ${retry}${see("memory")}`,
      details,
    );
  }
  if (isHeapExhaustion(exit)) {
    return new OutOfMemoryError(
      `Worker ${pid} ${ending}: its JavaScript heap was full, raise memoryLimitMiB or send less at once, ${retry}${
        see("memory")
      }`,
      details,
    );
  }
  if (!exit.wasReady) {
    return new WorkerStartError(
      `Worker ${pid} ${ending} before it was ready${see("start")}${tailExcerpt(exit)}`,
      details,
    );
  }
  if (exit.inFrame && signal === null) {
    return new ProtocolError(`Worker ${pid} ${ending} in the middle of a frame, ${retry}${see("protocol")}`, details);
  }
  return new WorkerExitError(
    `Worker ${pid} ${ending} before it answered, ${retry}${see("exit")}${tailExcerpt(exit)}`,
    details,
  );
}

/** The error for tasks that waited for a worker whose start took too long. */
export function startTimeoutError(
  { pid, stderrTail }: { readonly pid: number; readonly stderrTail: string },
  limitMs: number,
): WorkerStartError {
  return new WorkerStartError(
    `Worker ${pid} was ended: it had not loaded its module and run its initializer after ${limitMs} ms, no task had started, ` +
      "a retry is safe once startTimeoutMs is long enough; a top-level await that never ends takes any time" +
      see("start-timeout"),
    { pid, stderrTail },
  );
}

/** Who starts a program may have it ignore that signal, without knowing: it is handed on. */
const UNTOLD = "ended (nobody is told how, since this program was started with SIGCHLD ignored)";

function describeEnding({ exitCode, signal }: WorkerExit): string {
  if (signal !== null) return `was ended by ${signal}`;
  return exitCode === null ? UNTOLD : `exited with code ${exitCode}`;
}

function isHeapExhaustion({ exitCode, signal, stderrTail }: WorkerExit): boolean {
  const aborted = signal === "SIGTRAP" || signal === "SIGABRT" || signal === "SIGILL" || exitCode === 133 ||
    exitCode === 134;
  return aborted && saysHeapIsFull(stderrTail);
}

/** The last lines; of an uncaught error, or a start that failed, those that name it: Deno's advice stands in between. */
function tailExcerpt({ stderrTail, explain = (text) => text }: WorkerExit): string {
  const lines = stderrTail.trimEnd().split("\n");
  const uncaught = lines.findLastIndex((line) => beginsLastWords(line) === "uncaught");
  const unstarted = lines.findLastIndex((line) => beginsLastWords(line) === "unstarted");
  const excerpt = uncaught >= 0
    ? lines.slice(uncaught, uncaught + (lines[uncaught + 2] === "Caused by:" ? 5 : 3))
    : unstarted >= 0
    ? lines.slice(unstarted, unstarted + 4)
    : lines.slice(-3);
  const text = excerpt.join("\n").trimEnd();
  if (text === "") return "";
  return `; its standard error ended with:\n${explain(text.slice(0, 500))}`;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : thrownText(error);
}
