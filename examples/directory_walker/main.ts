// deno-lint-ignore-file no-console
/**
 * Walks a folder tree with some processes and hashes its files with others, over queues; prints the lines of `sha256sum`.
 *
 *     deno run --allow-run=deno --allow-read=. examples/directory_walker/main.ts [folder, .]
 *
 * The processes may read that folder and nothing else. A bounded queue keeps the walk from running ahead of the hashing.
 */
import { type AnyFunction, JoinableQueue, Process, Queue } from "@corral/multiprocessing";
import { type Digest, type Failure, type Findings, hashFiles, walkFolders } from "./walk.ts";

const WORKERS = [1, 2];

const root = Deno.args[0] ?? ".";
const folders = new JoinableQueue<string>();
const files = new Queue<string>(100);
const findings: Findings = new Queue();

/** Runs the processes, and closes each queue when nothing more can come. */
async function walkAll(): Promise<void> {
  const walkers = WORKERS.map((n) => run(`walker-${n}`, walkFolders, [folders, files, findings]));
  const hashers = WORKERS.map((n) => run(`hasher-${n}`, hashFiles, [files, findings]));
  await folders.put(root);
  // A process that dies leaves its folder undone: waiting for the folders alone could last for ever.
  await Promise.race([folders.join(), Promise.all([...walkers, ...hashers])]);
  folders.close();
  await Promise.all(walkers);
  files.close();
  await Promise.all(hashers);
}

/** Runs one process to its end, which must be a good one. */
async function run<F extends AnyFunction>(name: string, target: F, args: Parameters<F>): Promise<void> {
  const permissions = { read: [root] };
  const process = new Process({ name, target, args, module: import.meta.resolve("./walk.ts"), permissions });
  process.start();
  await process.join();
  if (process.exitCode !== 0) throw new Error(`${name} ended with exit code ${process.exitCode}`);
}

const walk = walkAll().finally(() => findings.put(null));
const digests: Digest[] = [];
const failures: Failure[] = [];
for await (const finding of findings) {
  if (finding === null) break;
  if ("error" in finding) failures.push(finding);
  else digests.push(finding);
}
await walk;

for (const { path, sha256 } of digests.sort((a, b) => a.path < b.path ? -1 : 1)) console.log(`${sha256}  ${path}`);
for (const { path, error } of failures) console.error(`${path}: ${error}`);
const megabytes = digests.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
console.log(`${digests.length} files, ${megabytes.toFixed(1)} MB; ${failures.length} could not be read`);
if (failures.length > 0) Deno.exitCode = 1;
