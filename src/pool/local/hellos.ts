import { abandonHandles } from "../../hub/in_flight_handle.ts";
import { specOfValue } from "../../worker/function_table.ts";
import type { Hello } from "../../worker/hello.ts";
import type { WorkerLauncher } from "../../worker/launch.ts";
import type { RequestFactory } from "../requests.ts";
import type { LocalOptions } from "./options.ts";

/** The first messages to a pool's workers, by their numbers. Throws what is wrong with `initializer` and `initArgs`. */
export function workerHellos(
  { initArgs, initializer, workers, concurrency }: LocalOptions,
  requests: Pick<RequestFactory, "refer" | "encode">,
  launcher: WorkerLauncher,
): Hello[] {
  const { payload, handles } = requests.encode(initArgs);
  try {
    const spec = initializer === undefined
      ? null
      : typeof initializer === "string"
      ? requests.refer(initializer)
      : specOfValue(initializer);
    return Array.from(
      { length: workers },
      (_, workerId) => launcher.hello({ workerId, concurrency, initializer: spec }, { value: payload, handles }),
    );
  } catch (error) {
    abandonHandles(handles);
    throw error;
  }
}

/** No further worker gets a hello: where none did, the handles in `initArgs` are let go. */
export function abandonHellos(hellos: readonly Hello[]): void {
  for (const { handles } of hellos) abandonHandles(handles);
}
