/** End-to-end: pools in programs without a main module of their own, as Web Workers are, in one without a compiler, and in one whose folder is gone. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

const ALLOWED = ["--quiet", "--no-prompt", "--allow-run", "--allow-read", "--allow-env=DENO_DIR"];

const POOLS = `import { Pool, Process, ProcessPoolExecutor } from "LIBRARY";
const results: unknown[] = [];
{ await using pool = new Pool({ workers: 1 }); results.push(await pool.apply((x: number) => x + 1, [1])); }
{ await using executor = new ProcessPoolExecutor({ maxWorkers: 1 }); results.push(await executor.submit((x: number) => x + 1, 2)); }
const process = new Process({ target: () => Deno.exit(4) });
process.start();
await process.join();
results.push(process.exitCode);`;

Deno.test("Pool, ProcessPoolExecutor and Process work in a Web Worker, which has no main module to go by", async () => {
  await using folder = await ProjectFolder.make({
    "main.ts": `const worker = new Worker(import.meta.resolve("./pools.ts"), { type: "module" });
worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };`,
    "pools.ts": `${POOLS}\npostMessage(results.join());`,
  });
  assertEquals(await folder.mustRun("run", ...ALLOWED, "main.ts"), "2,3,4\n");
});

Deno.test("a Web Worker's pools resolve bare imports by the deno.json of its own module", async () => {
  await using folder = await ProjectFolder.make({
    "main.ts": `const worker = new Worker(import.meta.resolve("./pools.ts"), { type: "module" });
worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };`,
    "pools.ts": `import { Pool } from "LIBRARY";
await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.ts") });
postMessage(await pool.apply("twice", [21]));`,
    "tasks.ts": 'import { two } from "two"; export const twice = (x: number) => two * x;',
    "two.ts": "export const two = 2;",
    "deno.json": '{ "imports": { "two": "./two.ts" } }',
  });
  assertEquals(await folder.mustRun("run", ...ALLOWED, "main.ts"), "42\n");
});

Deno.test("Pool, ProcessPoolExecutor and Process work in a program that runs without a compiler, and so without WebAssembly", async () => {
  await using folder = await ProjectFolder.make({
    "main.ts": `${POOLS}\nconsole.log(typeof WebAssembly, results.join());`,
  });
  assertEquals(await folder.mustRun("run", ...ALLOWED, "--v8-flags=--jitless", "main.ts"), "undefined 2,3,4\n");
});

Deno.test("Pool says that the program's folder was deleted, and runs in another that it is given", async () => {
  await using folder = await ProjectFolder.make({
    "main.ts": `import { Pool } from "LIBRARY";
Deno.mkdirSync("gone");
Deno.chdir("gone");
Deno.removeSync("../gone");
{ await using pool = new Pool({ workers: 1 });
  console.log(await pool.apply(Math.sqrt, [4]).catch(({ name, message }) => name + ": " + message)); }
await using pool = new Pool({ workers: 1, cwd: import.meta.resolve("./") });
console.log(await pool.apply(Math.sqrt, [9]));`,
  });
  const out = await folder.mustRun("run", ...ALLOWED, "--allow-write=.", "main.ts");
  assertStringIncludes(out, "the folder in which this program runs was deleted, set `cwd` to one that exists");
  assertEquals(out.split("\n").slice(1), ["3", ""]);
});
