/** A task that is running in this process. */
export interface RunningTask {
  /** The task's id on the wire. */
  readonly id: number;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The trace that it belongs to, as a W3C `traceparent`; "" when it is only measured. */
  readonly trace?: string | undefined;
  /** Made when the task asks for its signal, or when it is aborted. */
  controller: AbortController | undefined;
}

/** What the public `task` object needs of the worker it runs in. */
export interface ChildRuntime {
  /** The number of this worker in its pool. */
  readonly workerId: number;
  /** By what the parent tells messages from output. All code of a worker can learn it, and could send messages in its name. */
  readonly blockSecret: string;
  /** The task whose code is running, if any. */
  current(): RunningTask | undefined;
  /** Sends a progress value, if the task still runs. */
  progress(task: RunningTask, value: unknown): void;
}

// A task module may load this library from another URL than the worker did, so that the two share
// no module: the global symbol registry is the one place that both see.
const KEY = Symbol.for("@corral/multiprocessing/child");

/** Makes the runtime known to every copy of the library in this process. */
export function installRuntime(runtime: ChildRuntime): void {
  Object.defineProperty(globalThis, KEY, { value: runtime, configurable: true });
}

/** The runtime of this process, or `undefined` when it is not a worker. */
export function findRuntime(): ChildRuntime | undefined {
  return (globalThis as Record<symbol, unknown>)[KEY] as ChildRuntime | undefined;
}
