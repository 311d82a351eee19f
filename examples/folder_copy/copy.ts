/** What the workers run. They can read the source and write the target, and nothing else. */
import { createHash } from "node:crypto";
import type { Queue } from "@corral/multiprocessing";

/** One file to copy. */
export interface CopyJob {
  readonly source: string;
  readonly target: string;
  /** Permission bits, where the system has them. */
  readonly mode: number | null;
  /** When the source was last changed. The copy gets it when it is complete, and so tells that it is. */
  readonly mtime: Date;
}

/** Told how many bytes more were copied; `null` says that nothing more will be. */
export type Progress = Queue<number | null>;

/** Until its permissions are known to fit what is in it. */
const OWNER_ONLY = 0o600;
const PIECE_BYTES = 1024 * 1024;

/** Copies a file, and tells its progress. */
export async function copyFile({ source, target, mode, mtime }: CopyJob, progress: Progress): Promise<void> {
  using from = await Deno.open(source);
  using to = await Deno.open(target, { write: true, create: true, truncate: true, mode: OWNER_ONLY });
  for await (const piece of pieces(from)) {
    for (let written = 0; written < piece.length;) written += await to.write(piece.subarray(written));
    await progress.put(piece.length);
  }
  if (mode !== null) await Deno.chmod(target, mode & 0o777);
  await to.utime(mtime, mtime);
}

/** The SHA-256 of a file. */
export async function digestOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const hash = createHash("sha256");
  for await (const piece of pieces(file)) hash.update(piece);
  return hash.digest("hex");
}

/** Reads a file piece by piece: it may be larger than the memory. A piece is there until the next is read. */
async function* pieces(file: Deno.FsFile): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(PIECE_BYTES);
  for (let count; (count = await file.read(buffer)) !== null;) yield buffer.subarray(0, count);
}
