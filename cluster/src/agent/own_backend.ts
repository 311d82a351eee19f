import { makeLocalBackend, type PoolOptions, type TaskBackend } from "../corral.ts";

/** The backend of an agent's own machine, for one who wants to see what tasks print. */
export function localBackend(options: PoolOptions, onOutput: (taskId: number, text: string) => void): TaskBackend {
  const decoder = new TextDecoder();
  return makeLocalBackend(options, {
    output: (_worker, taskId, _stream, bytes) => onOutput(taskId, decoder.decode(bytes)),
  });
}
