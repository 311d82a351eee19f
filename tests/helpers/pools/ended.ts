import type { Process } from "../../../mod.ts";

/** Starts a process, waits for its end, and returns its exit code. */
export async function ended(process: Process): Promise<number | null> {
  process.start();
  await process.join();
  return process.exitCode;
}
