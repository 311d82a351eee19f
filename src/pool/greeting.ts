import type { Handle } from "../hub/handle.ts";
import { ownProcess } from "../own_process.ts";
import { PROTOCOL_VERSION, valueMessageText, type WorkerSettings } from "../wire/protocol.ts";
import { VERSION } from "../wire/version.ts";
import { type AnyFunction, type FunctionTable, specOfValue } from "../worker/function_table.ts";
import { nearestConfig } from "../worker/module_url.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import type { TaskPayload } from "./task.ts";

/** The first message to a worker. */
export interface Greeting {
  readonly text: string;
  readonly parts: readonly Uint8Array[];
  /** The handles in it: the worker may use them. */
  readonly handles: readonly Handle[];
}

/** The first messages to a pool's workers, by their numbers. */
export function greetings(
  options: ResolvedPoolOptions,
  functions: FunctionTable,
  { payload, handles }: TaskPayload,
  memoryMarker: string,
): Greeting[] {
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
      initializer: initializer === undefined ? null : initializerSpec(initializer, functions),
      parentName: ownProcess().name,
      ...(config === undefined ? {} : { config }),
    };
    const head = `["hello",${PROTOCOL_VERSION},${JSON.stringify(VERSION)},${JSON.stringify(settings)}`;
    return { text: valueMessageText(head, payload), parts: payload.parts, handles };
  });
}

function initializerSpec(initializer: string | AnyFunction, functions: FunctionTable): WorkerSettings["initializer"] {
  return typeof initializer === "string" ? functions.refer(initializer).spec : specOfValue(initializer);
}
