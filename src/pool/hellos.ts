import type { WorkerSettings } from "../wire/protocol.ts";
import { type AnyFunction, specOfValue } from "../worker/function_table.ts";
import type { Hello } from "../worker/hello.ts";
import type { WorkerLauncher } from "../worker/launch.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import type { TaskFactory } from "./task_factory.ts";

/** The first messages to a pool's workers, by their numbers. Throws what is wrong with `initializer` and `initArgs`. */
export function poolHellos(
  { initArgs, initializer, workers, concurrency }: ResolvedPoolOptions,
  taskFactory: TaskFactory,
  launcher: WorkerLauncher,
): Hello[] {
  const { payload, handles } = taskFactory.encode(initArgs);
  const spec = initializer === undefined ? null : initializerSpec(initializer, taskFactory);
  return Array.from(
    { length: workers },
    (_, workerId) => launcher.hello({ workerId, concurrency, initializer: spec }, { value: payload, handles }),
  );
}

function initializerSpec(initializer: string | AnyFunction, taskFactory: TaskFactory): WorkerSettings["initializer"] {
  return typeof initializer === "string" ? taskFactory.refer(initializer).spec : specOfValue(initializer);
}
