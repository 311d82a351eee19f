/** Every error that this package makes for a caller, built in one place. */
import {
  PayloadTooLargeError,
  PermissionError,
  PoisonTaskError,
  PoolClosedError,
  WorkerExitError,
  WorkerStartError,
} from "../corral.ts";
import type { KnownAgent } from "../broker.ts";

const MOST_AGENTS_TOLD = 20;

/** No agent runs the code: nothing has started. */
export function noAgentError(
  code: string,
  agents: readonly KnownAgent[],
  waitedMs: number,
  started: boolean,
): WorkerExitError {
  const others = agents.slice(0, MOST_AGENTS_TOLD).map(({ name, modules, startedAt }) =>
    `${name} serves ${modules.join(", ")} since ${startedAt.toISOString()}`
  );
  if (agents.length > others.length) others.push(`and ${agents.length - others.length} more agents`);
  const state = others.length === 0 ? "the group has no agent" : others.join("; ");
  const message = `no agent has had this code (${code}) for ${waitedMs / 1000} s: ${state}`;
  return started ? lostBefore(message) : new WorkerStartError(
    `Cannot run the task: ${message}; start one with the same files (corral-agent … MODULE), a retry is safe`,
    { taskStarted: false },
  );
}

/** The agents that ran the task were lost. */
export function lostAgentError(agent: string, starts: number): WorkerExitError {
  const where = agent === "" ? "" : `, as ${agent} found`;
  if (starts > 1) {
    return new PoisonTaskError(
      `The task's agent, or its worker, was lost ${starts} times${where}, its retries are used up: it may be the task that ends them`,
      starts,
      { taskStarted: true },
    );
  }
  return new WorkerExitError(
    `The task's agent was lost before it answered${where}: the task may have started; if it can run twice, give it "retries"`,
    { taskStarted: true },
  );
}

/** The engine has no trace of a job that was not answered. */
export function vanishedError(): WorkerExitError {
  return new WorkerExitError(
    `The task vanished: the server no longer knows it and has no answer, it may have lost data or somebody removed the job; ` +
      `the task may have started; if it can run twice, give it "retries"`,
    { taskStarted: true },
  );
}

/** The job ended with something that no agent with the secret has signed. */
export function unsignedOutcomeError(reason: string): PermissionError {
  return new PermissionError(
    reason === ""
      ? `Cannot take the task's result: it is not signed with this cluster's secret, an agent has another one or somebody else ` +
        `writes to the server; compare the secrets of client and agents`
      : `Cannot run the task: an agent refused the order, ${reason}; compare secret and version of client and agents`,
  );
}

/** An agent refused it too often. Nothing has started, unless it was lost before. */
export function refusedError(agent: string, detail: string, started: boolean): WorkerExitError {
  const message = `${agent} gave it back unstarted, ${detail}`;
  return started
    ? lostBefore(message)
    : new WorkerStartError(`Cannot run the task: ${message}; a retry is safe`, { taskStarted: false });
}

/** The server refused the order for too long. Nothing has started, unless it was lost before. */
export function refusedByServerError(refusal: string, ms: number, started: boolean): WorkerExitError {
  const message = `the server has refused it for ${Math.round(ms / 1000)} s, ${JSON.stringify(refusal)}`;
  return started
    ? lostBefore(message)
    : new WorkerStartError(`Cannot send the task: ${message}; mend the server, then a retry is safe`, {
      taskStarted: false,
    });
}

function lostBefore(message: string): WorkerExitError {
  return new WorkerExitError(`The task was lost: ${message}; it may have started, retry it if it can run twice`, {
    taskStarted: true,
  });
}

/** A value that no server takes. Nothing was sent. */
export function tooLargeError(byteLength: number, limitBytes: number): PayloadTooLargeError {
  return new PayloadTooLargeError(
    `Cannot submit: an argument has ${byteLength} bytes, a cluster takes ${limitBytes} in one piece; send it in parts`,
    byteLength,
    limitBytes,
  );
}

/** Nothing is waited for any more. */
export function endedError(): PoolClosedError {
  return new PoolClosedError("Cannot get ready: the pool has ended");
}

/** A run's id that cannot name jobs. */
export function runIdError(runId: string): TypeError {
  return new TypeError(
    `Cannot submit: "runId" is ${JSON.stringify(runId)}, 1 to 100 letters, digits, ".", "_" or "-" are wanted`,
  );
}
