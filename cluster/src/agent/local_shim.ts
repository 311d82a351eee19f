// TEMPORARY: until the main package exports its local backend.
import type { Completion, TaskBackend, TaskHandle, TaskRequest } from "../corral.ts";
import { PoolEngine } from "../../../src/pool/engine.ts";
import { resolvePoolOptions } from "../../../src/pool/options.ts";
import { Task } from "../../../src/pool/task.ts";
import type { PoolOptions } from "../../../src/pool/types.ts";
import { TaskTimeoutError } from "../../../src/errors.ts";

export function localBackend(options: PoolOptions, onOutput: (taskId: number, text: string) => void): TaskBackend {
  const decoder = new TextDecoder();
  const engine = new PoolEngine(resolvePoolOptions({
    ...options,
    onEvent: (event) => {
      if (event.type === "output") onOutput(event.taskId, decoder.decode(event.bytes));
    },
  }));
  const refs = new Map<string, { id: number; spec: never }>();
  const end = Promise.withResolvers<void>();
  return {
    abilities: { handles: true, keys: true, runIds: false, progress: "live" },
    capacity: engine.options.workers * engine.options.concurrency,
    backlog: 1,
    chunkGoal: undefined,
    broken: undefined,
    ended: end.promise,
    submit(request: TaskRequest, completion: Completion): TaskHandle {
      const key = JSON.stringify(request.function);
      let ref = refs.get(key);
      if (ref === undefined) refs.set(key, ref = { id: refs.size + 1, spec: request.function as never });
      const sink = {
        resolve: (value: unknown) => completion.resolve(value),
        reject: (error: unknown, remote: boolean) =>
          completion.reject(error, remote ? "task" : error instanceof TaskTimeoutError ? "timeout" : "worker"),
      };
      const task = new Task(ref, { payload: request.payload, handles: [] }, request.chunk, sink, {
        ...(request.timeoutMs !== undefined && { timeoutMs: request.timeoutMs }),
        retries: request.retries,
        onProgress: (value) => completion.progress(value),
      }, engine.options);
      engine.submit(task);
      return Object.assign(task, { request }) as never;
    },
    cancel: (task, reason) => engine.cancel(task as never, reason),
    hasBegun: (task) => engine.isRunning(task as never),
    isSent: (task) => (task as unknown as Task).slot !== undefined,
    flushed: () => engine.sent(),
    ready: () => engine.ready(),
    close: () => {
      engine.close();
      engine.join("drain").then(() => end.resolve());
    },
    terminate: () => void engine.terminate("SIGTERM").then(() => end.resolve()),
    workers: () => engine.workers(),
  } as TaskBackend;
}
