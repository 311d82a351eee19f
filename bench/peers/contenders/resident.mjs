import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";

/**
 * Resident memory of processes, together.
 * @param {number[]} pids
 */
export async function residentMiB(...pids) {
  const asked = pids.length > 0 ? pids : [process.pid];
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", asked.join(",")]);
  const sizes = stdout.trim().split(/\s+/).map(Number);
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}
