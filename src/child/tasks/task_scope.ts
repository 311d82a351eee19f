import { denoInternals } from "../../deno_internals.ts";
import type { RunningTask } from "../runtime.ts";
import type { TaskScope } from "./task_loop.ts";

const { getAsyncContext, setAsyncContext } = denoInternals.core ?? {};
const TASK = Symbol("task");

/**
 * Makes the scope of a worker's tasks: what a task calls, awaits and schedules belongs to it, for as long as that goes on.
 *
 * @param concurrency How many tasks run at once.
 */
export async function taskScope(concurrency: number): Promise<TaskScope> {
  if (getAsyncContext !== undefined && setAsyncContext !== undefined) {
    return contextScope(getAsyncContext, setAsyncContext, concurrency === 1);
  }
  return concurrency === 1 ? singleTaskScope() : await storageScope();
}

/**
 * By what V8 carries through awaits and timers, where Deno keeps what Node's `AsyncLocalStorage` stores: one object for each state, from
 * which the next one is copied. A storage itself costs some microseconds for each task, and Node's layer to load.
 *
 * @param single Whether code of unknown origin can only belong to the last task that was started.
 */
function contextScope(
  get: () => AsyncContext | undefined,
  set: (context: AsyncContext | undefined) => void,
  single: boolean,
): TaskScope {
  let last: RunningTask | undefined;
  const origin = (): RunningTask | undefined => get()?.[TASK] as RunningTask | undefined;
  return {
    run(task, body) {
      last = task;
      const outer = get();
      set(outer === undefined ? { [TASK]: task } : { ...outer, [TASK]: task });
      try {
        return body();
      } finally {
        set(outer);
      }
    },
    current: () => origin() ?? (single ? last : undefined),
    origin,
  };
}

/** For workers that run one task at a time: the last task started is the running one. */
export function singleTaskScope(): TaskScope {
  let current: RunningTask | undefined;
  return {
    run(task, body) {
      current = task;
      return body();
    },
    current: () => current,
    origin: () => undefined,
  };
}

/** Where Deno does not let its context be used directly. */
async function storageScope(): Promise<TaskScope> {
  // Loaded on demand: the first import of a Node module costs more than starting a worker.
  const { AsyncLocalStorage } = await import("node:async_hooks");
  const storage = new AsyncLocalStorage<RunningTask>();
  const current = (): RunningTask | undefined => storage.getStore();
  return { run: (task, body) => storage.run(task, body), current, origin: current };
}

type AsyncContext = Record<symbol, unknown>;
