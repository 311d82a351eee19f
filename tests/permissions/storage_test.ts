/** End-to-end with real workers: what they keep on disk without a permission. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../helpers/project_folder.ts";

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
export const storeInThread = () => throughThread();`;

const MAIN = `import { Pool, Process } from "LIBRARY";
const module = import.meta.resolve("./tasks.ts");
const options = JSON.parse(Deno.args[0]);
await using pool = new Pool({ workers: 1, module, ...options });
console.log(JSON.stringify(await pool.apply("store")), options.trust === "untrusted" ? await pool.apply("storeInThread") : "");`;

async function run(options: object): Promise<{ printed: string; stored: boolean }> {
  await using folder = await ProjectFolder.make({ "main.ts": MAIN, "tasks.ts": TASKS });
  const flags = ["--quiet", "--no-lock", "--unstable-kv", "--allow-run", "--allow-read=.", "--allow-env=DENO_DIR"];
  const printed = await folder.mustRun("run", ...flags, "main.ts", JSON.stringify(options));
  const names = (await Array.fromAsync(Deno.readDir(`${folder.path}/.cache`))).map(({ name }) => name);
  return { printed: printed.trim(), stored: names.includes("location_data") };
}

const NOTHING = '{"localStorage":"ReferenceError","caches":"ReferenceError","kv":"NotCapable","memoryKv":"kept"}';

Deno.test("a worker keeps nothing in Deno's folder", async () => {
  assertEquals(await run({}), { printed: NOTHING, stored: false });
});

Deno.test("an untrusted worker cannot keep anything there, in no way", async () => {
  // It has no unstable features, and so no openKv().
  const nothing = '{"localStorage":"ReferenceError","caches":"ReferenceError","kv":"TypeError","memoryKv":"TypeError"}';
  assertEquals(await run({ trust: "untrusted" }), { printed: `${nothing} Error`, stored: false });
});

Deno.test("a worker keeps what it likes there with storage: true", async () => {
  const kept = '{"localStorage":"kept","caches":"kept","kv":"kept","memoryKv":"kept"}';
  assertEquals(await run({ storage: true }), { printed: kept, stored: true });
});
