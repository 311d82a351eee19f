import { assertRejects } from "@std/assert";
import { WorkerExitError } from "../../../mod.ts";

/** Kills the worker that runs `task`, and waits until the pool has noticed. */
export async function killWorker(pid: number, task: PromiseLike<unknown>): Promise<void> {
  Deno.kill(pid, "SIGKILL");
  await assertRejects(async () => await task, WorkerExitError);
}
