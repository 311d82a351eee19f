import { PayloadTooLargeError } from "../errors.ts";
import { ownProcess } from "../own_process.ts";
import type { ParentMessage } from "../wire/messages/to_child.ts";
import { writeSpan } from "../wire/messages/to_parent.ts";
import type { WorkerSettings } from "../wire/protocol.ts";
import type { ParentLink } from "./parent_link.ts";
import type { watchDescriptors } from "./streams/descriptor_watch.ts";
import type { OutputRouter } from "./streams/output_router.ts";
import type { LoadedModule } from "./tasks/functions.ts";
import type { hearUncaught, watchIdleness } from "./tasks/left_behind.ts";
import type { WorkerTracing } from "./tracing/mod.ts";

/** What a process does between its parent's hello and its end: a pool's worker runs tasks, a process of its own one thing. */
export interface Life {
  /** Whether nothing of it goes on before the parent has sent something. */
  readonly isIdle: boolean;
  /** The id of the task whose code is running, 0 when none is. */
  readonly currentTask: number;
  /** Takes in a message that is neither about the process as such nor about shared objects. */
  receive(message: ParentMessage, parts: Uint8Array[]): void;
  /** The parent has closed the stream, or is gone. */
  parentEnded(): void;
}

/** What a life works with. */
export interface Surroundings {
  readonly parent: ParentLink;
  readonly output: OutputRouter;
  /** Imports the user's module. */
  readonly load: (() => Promise<LoadedModule>) | undefined;
  /** Ends the process; user code may have replaced `Deno.exit`. */
  readonly exit: (code?: number) => never;
  /** What it hears of user code. */
  readonly watches: Watches;
}

/** What is watched in the process that user code runs in. */
export interface Watches {
  readonly descriptors: typeof watchDescriptors;
  readonly uncaught: typeof hearUncaught;
  readonly idleness: typeof watchIdleness;
}

/** Lets user code find OpenTelemetry, if the program traces. Its spans go to the parent. */
export async function installTracing(
  { parent }: Surroundings,
  { traced }: WorkerSettings,
): Promise<WorkerTracing | undefined> {
  if (traced === undefined) return undefined;
  const { WorkerTracing } = await import("./tracing/mod.ts");
  return await WorkerTracing.install((taskId, report) => {
    try {
      parent.send(writeSpan(taskId, report));
    } catch (error) {
      // Where messages must be small, a large span is lost; the task that ended it goes on.
      if (!(error instanceof PayloadTooLargeError)) throw error;
    }
  });
}

/** Imports the user's module, if there is one. Its top level may start no process meanwhile. */
export async function loadModule({ load }: Surroundings): Promise<LoadedModule> {
  const own = ownProcess();
  own.isLoading = true;
  try {
    return await load?.() ?? {};
  } finally {
    own.isLoading = false;
  }
}
