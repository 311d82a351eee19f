/** Executors for end-to-end tests: what happens in them is kept, and at their end no worker may be left. */
import { assertFalse } from "@std/assert";
import { type ExecutorOptions, ProcessPoolExecutor } from "../../../mod.ts";
import { EventLog } from "./events.ts";
import { isAlive } from "./with_pool.ts";

/** Runs `body` with an executor, shuts it down, and fails if a worker is left. */
export async function withExecutor<M = unknown>(
  options: ExecutorOptions,
  body: (executor: ProcessPoolExecutor<M>, log: EventLog) => unknown,
): Promise<void> {
  const log = new EventLog();
  const executor = new ProcessPoolExecutor<M>({ ...options, onEvent: log.listener });
  try {
    await body(executor, log);
    await executor.shutdown();
  } finally {
    await executor.terminateWorkers();
  }
  assertNoChildLeft(log);
}

/** Fails unless every worker that there ever was is gone. */
export function assertNoChildLeft(log: EventLog): void {
  for (const pid of log.pids) assertFalse(isAlive(pid), `worker ${pid} is left`);
}

/** Runs `body`, and returns what was raised as uncaught meanwhile, which would otherwise have ended the program. */
export async function raisedWhile(body: () => unknown): Promise<unknown[]> {
  const raised: unknown[] = [];
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    raised.push(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    raised.push(event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    await body();
    // Uncaught errors are reported between two turns.
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
  return raised;
}
