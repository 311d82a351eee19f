import type { Handle } from "../hub/handle.ts";
import { ownProcess } from "../own_process.ts";
import { PROTOCOL_VERSION, valueMessageText, type WorkerSettings } from "../wire/protocol.ts";
import { VERSION } from "../wire/version.ts";
import { type AnyFunction, specOfValue } from "../worker/function_table.ts";
import { nearestConfig } from "../worker/module_url.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import type { TaskFactory } from "./task_factory.ts";

/** The first message to a worker. */
export interface Greeting {
  readonly text: string;
  readonly parts: readonly Uint8Array[];
  /** The handles in it: the worker may use them. */
  readonly handles: readonly Handle[];
}

/** The first messages to a pool's workers, by their numbers. */
export function greetings(options: ResolvedPoolOptions, taskFactory: TaskFactory, memoryMarker: string): Greeting[] {
  const { payload, handles } = taskFactory.encode(options.initArgs);
  const { initializer, workers, concurrency, maxFrameBytes, memoryLimitMiB, moduleUrl, trust } = options;
  const { configOf = moduleUrl } = options;
  const config = configOf === undefined || trust === "untrusted" ? undefined : nearestConfig(configOf);
  return Array.from({ length: workers }, (_, workerId) => {
    const settings: WorkerSettings = {
      workerId,
      concurrency,
      maxFrameBytes,
      memoryLimitMiB: memoryLimitMiB ?? null,
      memoryMarker,
      initializer: initializer === undefined ? null : initializerSpec(initializer, taskFactory),
      parentName: ownProcess().name,
      ...(config === undefined ? {} : { config }),
    };
    const head = `["hello",${PROTOCOL_VERSION},${JSON.stringify(VERSION)},${JSON.stringify(settings)}`;
    return { text: valueMessageText(head, payload), parts: payload.parts, handles };
  });
}

function initializerSpec(initializer: string | AnyFunction, taskFactory: TaskFactory): WorkerSettings["initializer"] {
  return typeof initializer === "string" ? taskFactory.refer(initializer).spec : specOfValue(initializer);
}
