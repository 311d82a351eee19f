/** What the processes run: producers of paths, and consumers that hash the files. */
import { createHash } from "node:crypto";
import type { JoinableQueue, Queue } from "@corral/multiprocessing";

/** A file that was read. */
export interface Digest {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A file or a folder that could not be read. */
export interface Failure {
  readonly path: string;
  readonly error: string;
}

/** Told of whatever happens to a path; `null` says that nothing more will. */
export type Findings = Queue<Digest | Failure | null>;

/** Takes folders, and puts what is in them into the queues. Links are not followed. */
export async function walkFolders(
  folders: JoinableQueue<string>,
  files: Queue<string>,
  findings: Findings,
): Promise<void> {
  for await (const folder of folders) {
    try {
      for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
        const path = `${folder}/${name}`;
        if (isDirectory) await folders.put(path);
        else if (isFile) await files.put(path);
      }
    } catch (error) {
      await findings.put({ path: folder, error: String(error) });
    }
    await folders.taskDone();
  }
}

/** Takes files, and tells their digests. */
export async function hashFiles(files: Queue<string>, findings: Findings): Promise<void> {
  for await (const path of files) {
    await findings.put(await hashFile(path).catch((error) => ({ path, error: String(error) })));
  }
}

/** Reads a file piece by piece: it may be larger than the memory. */
async function hashFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  let bytes = 0;
  using file = await Deno.open(path);
  for (const buffer = new Uint8Array(256 * 1024);;) {
    const count = await file.read(buffer);
    if (count === null) return { path, bytes, sha256: hash.digest("hex") };
    hash.update(buffer.subarray(0, count));
    bytes += count;
  }
}
