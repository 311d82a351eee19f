// deno-lint-ignore-file no-console
/**
 * Copies a folder tree with a pool, shows its progress, and compares the checksums; if it is interrupted, it goes on where it was.
 *
 *     deno run --allow-run=deno --allow-read=from,to --allow-write=to examples/folder_copy/main.ts from to
 *
 * The workers may read the source and write the target, and nothing else. Each tells its progress through a queue.
 */
import { Pool, Queue } from "@corral/multiprocessing";
import { copyFile, digestOf, type Progress } from "./copy.ts";
import { planCopy } from "./plan.ts";
import { ProgressBar } from "./progress_bar.ts";

const [source, target] = Deno.args;
if (source === undefined || target === undefined) {
  console.error("Cannot copy: the folders are missing, wanted a source and a target");
  Deno.exit(2);
}

const { files, missing, missingBytes, skipped } = await planCopy(source, target);
for (const path of skipped) console.error(`Not copied, neither a file nor a folder: ${path}`);
console.log(`${files.length} files, ${files.length - missing.length} of them already there`);

await using pool = new Pool({
  module: import.meta.resolve("./copy.ts"),
  permissions: { read: [source], write: [target] },
});

const progress: Progress = new Queue();
const copying = pool.starmap(copyFile, missing.map((job) => [job, progress] as const), { chunkSize: 1 })
  .finally(() => progress.put(null));
const bar = new ProgressBar(missingBytes);
for await (const bytes of progress) {
  if (bytes === null) break;
  bar.add(bytes);
}
await copying;
console.log(`${missing.length} files copied, ${(missingBytes / 1e6).toFixed(1)} MB`);

// The workers cannot read the copies: they digest the sources, and this process the copies.
const digests = pool.imap(digestOf, files.map((file) => file.source));
const different: string[] = [];
for (const file of files) {
  const { value } = await digests.next();
  if (value !== await digestOf(file.target)) different.push(file.target);
}
for (const path of different) console.error(`Differs from its source: ${path}`);
console.log(`${files.length - different.length} of ${files.length} checksums are the same`);
if (different.length > 0) Deno.exitCode = 1;
