import { identify } from "../own_process.ts";
import type { WorkerSettings } from "../wire/protocol.ts";

/** Tells this process what it is, from what its parent sent. Returns what is to be called when the parent has ended. */
export function introduce({ workerId, parentName, project, process }: WorkerSettings): () => void {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let alive = true;
  const parent = {
    pid: process?.parentPid ?? Deno.ppid,
    name: parentName ?? "MainProcess",
    isAlive: () => alive,
    ended,
  };
  // A pool's workers end with it, as daemons do.
  const { name, daemon, path } = process ?? { name: `PoolWorker-${workerId + 1}`, daemon: true, path: [workerId + 1] };
  identify({ name, daemon, path, parent, project });
  return () => {
    alive = false;
    resolve();
  };
}
