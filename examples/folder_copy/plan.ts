import { isAbsolute, relative } from "node:path";
import type { CopyJob } from "./copy.ts";

/** What a copy of a folder has to do. */
export interface CopyPlan {
  /** All files. */
  readonly files: readonly CopyJob[];
  /** Those whose copy is not complete, and how large they are together. */
  readonly missing: readonly CopyJob[];
  readonly missingBytes: number;
  /** What is neither a file nor a folder, and stays behind. */
  readonly skipped: readonly string[];
}

/** Compares the trees, and makes the folders that the target does not have. */
export async function planCopy(source: string, target: string): Promise<CopyPlan> {
  const way = relative(source, target);
  if (!/^\.\.([\\/]|$)/.test(way) && !isAbsolute(way)) {
    throw new Error(
      `Cannot copy "${source}" to "${target}": the target lies in the source, a folder outside is wanted`,
    );
  }
  const plan = { files: [] as CopyJob[], missing: [] as CopyJob[], missingBytes: 0, skipped: [] as string[] };
  const visit = async (path: string): Promise<void> => {
    const entries = await Array.fromAsync(Deno.readDir(source + path));
    await Deno.mkdir(target + path, { recursive: true });
    for (const { name, isFile, isDirectory } of entries) {
      const entry = `${path}/${name}`;
      if (isDirectory) await visit(entry);
      else if (isFile) await add(entry);
      else plan.skipped.push(source + entry);
    }
  };
  const add = async (path: string): Promise<void> => {
    const { size, mode, mtime } = await Deno.stat(source + path);
    const job = { source: source + path, target: target + path, mode, mtime: wholeSeconds(mtime) };
    plan.files.push(job);
    if (await isComplete(job, size)) return;
    plan.missing.push(job);
    plan.missingBytes += size;
  };
  await visit("");
  return plan;
}

/** A copy has the time of its source when it is complete, not before. */
async function isComplete({ target, mtime }: CopyJob, size: number): Promise<boolean> {
  try {
    const copy = await Deno.stat(target);
    return copy.size === size && wholeSeconds(copy.mtime).getTime() === mtime.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Not every file system keeps more than that. */
function wholeSeconds(time: Date | null): Date {
  return new Date(Math.floor((time?.getTime() ?? 0) / 1000) * 1000);
}
