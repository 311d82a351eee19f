/** End-to-end: paths count from where the program was when it named them, wherever it goes before a worker starts. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

/** Runs a program in `app/`, with these flags; it goes elsewhere with `leave()`. */
async function run(source: string, flags: string[] = []): Promise<[string, string]> {
  await using folder = await ProjectFolder.make({
    "app/main.ts": `import { Pool } from "LIBRARY";
const leave = () => Deno.chdir("/");
const back = () => Deno.chdir(new URL(".", import.meta.url).pathname);
const module = import.meta.resolve("./tasks/tasks.ts");
const here = (path: string) => path.replace(new URL(".", import.meta.url).pathname, "");
${source}`,
    "app/tasks/tasks.ts": 'export const f = async () => (await import("thing")).value;\n' +
      "export const read = (path: string) => Deno.readTextFileSync(path);",
    "app/tasks/thing.ts": "export const value = 42;",
    "app/data/text": "data",
    "app/names/map.json": '{ "imports": { "thing": "../tasks/thing.ts" } }',
    "app/config.json": '{ "imports": { "thing": "./tasks/thing.ts" } }',
  });
  const { stdout, stderr } = await folder.denoIn("app", ["run", "-A", "--quiet", "--no-lock", ...flags, "main.ts"]);
  return [stdout, stderr];
}

// Elsewhere a program cannot see its flags.
const LINUX = { ignore: Deno.build.os !== "linux" };
for (const flag of ["--import-map=names/map.json", "--config=config.json"]) {
  Deno.test({
    ...LINUX,
    name: `a worker finds the program's ${flag.split("=")[0]} when the program has gone elsewhere`,
    fn: async () => {
      const source = `leave();
await using pool = new Pool({ workers: 1, module });
console.log(await pool.apply("f"));`;
      assertEquals(await run(source, [flag]), [
        "42\n",
        "",
      ]);
    },
  });
}

Deno.test("`cwd`, `denoPath` and permissions count from where the program was when it made the pool", async () => {
  const source = `Deno.mkdirSync("bin");
Deno.symlinkSync(Deno.execPath(), "bin/deno");
const read = (path: string) => Deno.readTextFileSync(path);
const pools = [
  new Pool({ workers: 1, cwd: "data" }),
  new Pool({ workers: 1, cwd: "data", denoPath: "./bin/deno" }),
  new Pool({ workers: 1, module, trust: "untrusted", permissions: { read: ["data"] }, maxTasksPerChild: 1 }),
  new Pool({ workers: 1, permissions: { read: ["data", "tasks"] }, deny: { read: ["tasks"] } }),
];
const file = Deno.cwd() + "/data/text";
const folder = Deno.cwd() + "/data";
leave();
console.log(await pools[0].apply(() => Deno.cwd()) === folder);
console.log(await pools[1].apply(() => Deno.cwd()) === folder);
// Each call has a worker of its own.
console.log(await pools[2].apply("read", [file]), await pools[2].apply("read", [file]));
console.log(await pools[3].apply(read, [file]));
for (const pool of pools) await pool.terminate();`;
  assertEquals(await run(source), ["true\ntrue\ndata data\ndata\n", ""]);
});

Deno.test("a `denoPath` that is relative cannot be written by a worker", async () => {
  const source = `Deno.mkdirSync("bin");
Deno.symlinkSync(Deno.execPath(), "bin/deno");
try { new Pool({ denoPath: "./bin/deno", permissions: { write: ["bin"] } }); } catch (error) { console.log(error.name); }`;
  assertEquals(await run(source), ["PermissionError\n", ""]);
});

Deno.test("`configOf` may be a folder, with a slash at its end or not", async () => {
  const source = `Deno.renameSync("config.json", "deno.json");
for (const configOf of [Deno.cwd(), Deno.cwd() + "/", new URL(".", import.meta.url), import.meta.url]) {
  await using pool = new Pool({ workers: 1, configOf, permissions: { read: true } });
  console.log(await pool.apply(async () => (await import("thing")).value));
}`;
  assertEquals(await run(source), ["42\n42\n42\n42\n", ""]);
});
