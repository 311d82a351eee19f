/** End-to-end with real workers: what they keep on disk without a permission. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

const TASKS =
  `const attempt = async (use: () => unknown) => { try { await use(); return "kept"; } catch (error) { return error.name; } };
const put = async () => await (await caches.open("x")).put("http://x.invalid/", new Response("x"));
const THREAD = \`const put = \${put}; put().then(() => postMessage("kept"), (error) => postMessage(error.name));\`;
const throughThread = () => new Promise((resolve) => {
  const worker = new Worker("data:text/javascript," + encodeURIComponent(THREAD), { type: "module" });
  worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
});
export const store = async () => ({
  localStorage: await attempt(() => localStorage.setItem("x", "x")),
  caches: await attempt(put),
  kv: await attempt(async () => (await (Deno as any).openKv()).close()),
  memoryKv: await attempt(async () => (await (Deno as any).openKv(":memory:")).close()),
});
export const storeInThread = () => throughThread();
export const importNew = async () => (await import("data:text/typescript,export const x: string = 'imported'")).x;`;

const MAIN = `import { Pool, Process } from "LIBRARY";
const [module, options] = [import.meta.resolve(Deno.args[0]), JSON.parse(Deno.args[1])];
await using pool = new Pool({ workers: 1, module, ...options });
for (const task of ["store", "storeInThread", "importNew"]) console.log(JSON.stringify(await pool.apply(task)));`;

interface Kept {
  printed: string[];
  /** Whether anything was stored in Deno's folder. */
  stored: boolean;
  /** What is in the folder of workers that need Deno's and store nothing. */
  closed: string[];
}

async function run(options: object, isRemote = false): Promise<Kept> {
  await using folder = await ProjectFolder.make({ "main.ts": MAIN, "tenant/tasks.ts": TASKS });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(TASKS, { headers: { "content-type": "application/typescript" } }),
  );
  const imports = "--allow-import=127.0.0.1";
  const module = isRemote ? `http://127.0.0.1:${server.addr.port}/tasks.ts` : "./tenant/tasks.ts";
  if (isRemote) await folder.mustRun("cache", "--no-lock", imports, module);
  const flags = ["--quiet", "--no-lock", "--unstable-kv", "--allow-run", "--allow-read=.", "--allow-env=DENO_DIR"];
  const printed = await folder.mustRun("run", ...flags, imports, "main.ts", module, JSON.stringify(options));
  const cache = `${folder.path}/.cache`;
  const names = await entries(cache);
  const closed = names.includes("corral_closed") ? await entries(`${cache}/corral_closed`) : [];
  return { printed: printed.trim().split("\n"), stored: names.includes("location_data"), closed };
}

/** The names in a folder, and in those below it, as `a/b`. */
async function entries(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    names.push(name, ...(isDirectory ? (await entries(`${path}/${name}`)).map((below) => `${name}/${below}`) : []));
  }
  return names.sort();
}

const NOTHING = '{"localStorage":"ReferenceError","caches":"ReferenceError","kv":"NotCapable","memoryKv":"kept"}';
// It has no unstable features, and so no openKv().
const NOTHING_UNTRUSTED =
  '{"localStorage":"ReferenceError","caches":"ReferenceError","kv":"TypeError","memoryKv":"TypeError"}';

Deno.test("a worker keeps nothing in Deno's folder, and a thread of it neither", async () => {
  assertEquals(await run({}), { printed: [NOTHING, '"Error"', '"imported"'], stored: false, closed: [] });
});

Deno.test("an untrusted worker cannot keep anything there, in no way", async () => {
  const printed = [NOTHING_UNTRUSTED, '"Error"', '"imported"'];
  assertEquals(await run({ trust: "untrusted" }), { printed, stored: false, closed: [] });
});

Deno.test("an untrusted worker that needs Deno's folder cannot keep anything there, in no way", async () => {
  const printed = [NOTHING_UNTRUSTED, '"Error"', '"imported"'];
  // As it was made: folders in place of files, and files in place of folders. The rest are links.
  const closed =
    "dep_analysis_cache_v2 gen location_data node_analysis_cache_v2 node_compat_bin npm remote v8_code_cache_v2".split(
      " ",
    );
  assertEquals(await run({ trust: "untrusted" }, true), { printed, stored: false, closed });
  const importing = { trust: "untrusted", permissions: { import: ["127.0.0.1:1"] } };
  assertEquals(await run(importing), { printed, stored: false, closed });
});

Deno.test("a worker keeps what it likes there with storage: true", async () => {
  const kept = '{"localStorage":"kept","caches":"kept","kv":"kept","memoryKv":"kept"}';
  assertEquals(await run({ storage: true }), { printed: [kept, '"kept"', '"imported"'], stored: true, closed: [] });
});
