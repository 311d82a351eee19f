/** End-to-end with real workers: `env: true` is for variables, and leads neither Deno nor the libraries below it anywhere. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

const TASKS = `import process from "node:process";
const quietly = (use: () => unknown) => { try { return use() ?? null; } catch (error) { return error.name; } };
export const see = (names: string[]) => names.filter((name) => quietly(() => Deno.env.get(name)) !== null);
export const set = (name: string, value: string) => [
  quietly(() => { Deno.env.set(name, value); return Deno.env.get(name); }),
  quietly(() => { process.env[name] = value; return process.env[name]; }),
];
export const askThread = (name: string, value: string) => new Promise<void>((resolve) => {
  quietly(() => Deno.env.set(name, value));
  const thread = new Worker("data:text/javascript," + encodeURIComponent(
    "try { const x = await caches.open('x'); await x.match('http://x.invalid/'); } catch { } postMessage(1);"), { type: "module" });
  thread.onmessage = () => { thread.terminate(); resolve(); };
});`;

/** What to ask of a worker, one thing after the other. */
type Questions = [options: object, ...calls: (readonly [name: "see" | "set" | "askThread", ...args: unknown[]])[]];

const MAIN = `import { Pool } from "LIBRARY";
const answers = [];
for (const [options, ...calls] of JSON.parse(Deno.args[0])) {
  await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tenant/tasks.ts"), ...options });
  for (const [name, ...args] of calls) answers.push(await pool.apply(name, args));
}
console.log(JSON.stringify(answers));`;

/** Asks one worker after the other, and gives what all have answered. */
async function ask(workers: Questions[]): Promise<unknown[]> {
  await using folder = await ProjectFolder.make({ "main.ts": MAIN, "tenant/tasks.ts": TASKS });
  const flags = ["--quiet", "--no-lock", "--allow-run", "--allow-read=.", "--allow-env"];
  return JSON.parse(await folder.mustRun("run", ...flags, "main.ts", JSON.stringify(workers)));
}

const ENV = { permissions: { env: true } };
const UNTRUSTED = { ...ENV, trust: "untrusted" };
const NOT_SET = [null, null];

Deno.test("a worker with env: true cannot set what leads Deno or native code elsewhere", async () => {
  const names = ["DENO_WEBGPU_TRACE", "LIBGL_DRIVERS_PATH", "__EGL_VENDOR_LIBRARY_DIRS", "VK_DRIVER_FILES"];
  const all = { permissions: { env: ["*"] } };
  const patterns = { permissions: { env: ["DENO_*", "LIBGL*", "__*", "VK_*", "OWN_*"] } };
  const workers = [ENV, UNTRUSTED, all, { ...all, trust: "untrusted" }, patterns, { ...patterns, trust: "untrusted" }]
    .map((options): Questions => [options, ...names.map((name) => ["set", name, "/tmp/x"] as const)]);
  assertEquals(await ask(workers), workers.flatMap(() => names.map(() => NOT_SET)));
});

Deno.test("a worker with env: true sets variables of its own, if it is trusted, or was given them", async () => {
  const given = { ...UNTRUSTED, env: { TOKEN: "t" } };
  const answers = await ask([
    [ENV, ["set", "NODE_ENV", "test"]],
    [
      given,
      ["see", ["TOKEN", "HOME", "DENO_DIR"]],
      ["set", "TOKEN", "u"],
      ...["HOME", "XDG_DATA_HOME", "LD_AUDIT", "ANYTHING"].map((name) => ["set", name, "/tmp/x"] as const),
    ],
    // A pattern is no name.
    [{ ...given, permissions: { env: ["HO*", "TOK*", "LD_*", "NODE_ENV"] } }, ["see", ["TOKEN", "HOME"]]],
    [
      { ...given, permissions: { env: ["LD_*", "NODE_ENV"] } },
      ["set", "LD_AUDIT", "/tmp/x"],
      ["set", "NODE_ENV", "test"],
    ],
    [{ permissions: { env: ["OWN_*"] } }, ["set", "OWN_NAME", "own"]],
    [{ permissions: { env: ["OWN_*"] }, trust: "untrusted" }, ["set", "OWN_NAME", "own"]],
    // What is denied stays so.
    [{ ...given, deny: { env: true } }, ["set", "TOKEN", "u"]],
    [{ ...given, deny: { env: ["TOKEN"] } }, ["set", "TOKEN", "u"]],
    // What is named is the caller's affair.
    [{ ...UNTRUSTED, env: { HOME: "/home" } }, ["see", ["HOME"]]],
  ]);
  assertEquals(answers, [
    ["test", "test"],
    ["TOKEN"],
    ["u", "u"],
    ...[NOT_SET, NOT_SET, NOT_SET, NOT_SET],
    ["TOKEN"],
    NOT_SET,
    ["test", "test"],
    ["own", "own"],
    NOT_SET,
    ["NotCapable", "NotCapable"],
    ["NotCapable", "NotCapable"],
    ["HOME"],
  ]);
});

Deno.test("a worker with env and without net contacts nobody through the cache of a thread", async () => {
  const contacts: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ headers }) => {
    contacts.push(headers.get("authorization")!);
    return new Response();
  });
  const name = "DENO_CACHE_LSC_ENDPOINT";
  const question = (options: object, token: string): Questions => [
    options,
    ["askThread", name, `http://127.0.0.1:${server.addr.port},${token}`],
  ];
  await ask([
    question(ENV, "trusted"),
    question({ ...ENV, storage: true }, "trusted with storage"),
    question(UNTRUSTED, "untrusted"),
    question({ ...UNTRUSTED, storage: true }, "untrusted with storage"),
    // Where it is named, it works: so would one be contacted.
    question({ permissions: { env: [name] } }, "named"),
  ]);
  assertEquals(contacts, ["Bearer named"]);
});
