import { hub } from "../hub/hub.ts";
import { inMicrotask } from "../timer.ts";
import { programReaper } from "../worker/reaper.ts";
import type { Completion, TaskBackend, TaskRequest, WorkerListener } from "./backend.ts";
import { LocalBackend } from "./local/local_backend.ts";
import { TaskRecord } from "./local/task_record.ts";
import { type ResolvedPoolOptions, resolvePoolOptions } from "./options.ts";
import { RequestFactory } from "./requests.ts";
import type { PoolOptions } from "./types.ts";

const NOTHING = (): void => {};

/** A listener that wants to know nothing. */
const DEAF: WorkerListener = {
  spawned: NOTHING,
  ready: NOTHING,
  busy: NOTHING,
  idle: NOTHING,
  ran: NOTHING,
  output: NOTHING,
  violation: NOTHING,
  ended: NOTHING,
};

/**
 * Makes the backend that runs requests in worker processes on this machine, without a pool before it.
 *
 * For programs that get requests from elsewhere, such as the agents of a cluster: what a request's `payload` holds is passed on as it
 * is. A request that is too large for `maxFrameBytes` rejects with a `PayloadTooLargeError`. Starts no process yet.
 *
 * @param options As for {@linkcode Pool}; `onEvent`, `maxQueue` and `backend` have no meaning here.
 * @param listener Told of the workers.
 * @returns The backend. End it with `close()` or `terminate()`.
 * @throws What the constructor of `Pool` throws.
 *
 * @example One request
 * ```ts
 * import { makeLocalBackend } from "@corral/multiprocessing/backend";
 *
 * const backend = makeLocalBackend({ workers: 1 });
 * const value = await new Promise((resolve, reject) =>
 *   backend.submit({
 *     function: { kind: "builtin", name: "Math.sqrt" },
 *     payload: { text: "[16]", tagged: false, parts: [] },
 *     handles: [],
 *     chunk: undefined,
 *     byteLength: 4,
 *     priority: 0,
 *     key: undefined,
 *     timeoutMs: 10_000,
 *     retries: 0,
 *     trace: undefined,
 *   }, { sent() {}, begun() {}, returned() {}, retried() {}, progress() {}, resolve, reject })
 * );
 * console.log(value); // 4
 * backend.close();
 * await backend.ended;
 * ```
 */
export function makeLocalBackend(options: PoolOptions, listener: Partial<WorkerListener> = {}): TaskBackend {
  const resolved = resolvePoolOptions(options);
  return new CheckingBackend(resolved, new RequestFactory(resolved), { ...DEAF, ...listener });
}

/** Takes requests that no pool has checked: one that cannot be sent rejects. The scheduler counts on sending what it was given. */
class CheckingBackend extends LocalBackend {
  readonly #requests: RequestFactory;

  constructor({ local }: ResolvedPoolOptions, requests: RequestFactory, listener: WorkerListener) {
    super(local, { hub, reaper: programReaper, listener, requests });
    this.#requests = requests;
  }

  override submit(request: TaskRequest, completion: Completion): TaskRecord {
    try {
      this.#requests.requireSendable(request);
    } catch (error) {
      const refused = new TaskRecord(request, completion);
      refused.state = "settled";
      inMicrotask(() => completion.reject(error, "worker"));
      return refused;
    }
    return super.submit(request, completion);
  }
}

/** Makes the local backend of a pool. */
export function localBackend(
  { local }: ResolvedPoolOptions,
  requests: RequestFactory,
  listener: WorkerListener,
): TaskBackend {
  return new LocalBackend(local, { hub, reaper: programReaper, listener, requests });
}
