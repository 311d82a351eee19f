import type { RunningTask } from "./runtime.ts";
import type { TaskScope } from "./task_loop.ts";

/** For workers that run one task at a time: the last task started is the running one. */
export function singleTaskScope(): TaskScope {
  let current: RunningTask | undefined;
  return {
    run(task, body) {
      current = task;
      return body();
    },
    current: () => current,
  };
}

/** For workers that run several tasks at once: each keeps its own context through its awaits. */
export async function asyncTaskScope(): Promise<TaskScope> {
  // Loaded on demand: the first import of a Node module costs more than starting a worker.
  const { AsyncLocalStorage } = await import("node:async_hooks");
  const storage = new AsyncLocalStorage<RunningTask>();
  return {
    run: (task, body) => storage.run(task, body),
    current: () => storage.getStore(),
  };
}
