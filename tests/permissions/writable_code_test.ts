/** End-to-end: No worker may write what the next one runs. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PermissionError, Pool, Process, type WorkerLaunchOptions } from "../../mod.ts";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

async function project(): Promise<ProjectFolder> {
  return await ProjectFolder.make({
    "app/tasks.ts": "export const f = () => 1;",
    "app/deno.json": "{}",
    "data/.keep": "",
  });
}

Deno.test("new Pool() refuses a write grant that covers what workers run", async () => {
  await using folder = await project();
  const [module, temp] = [`${folder.path}/app/tasks.ts`, folder.path];
  const cases: [WorkerLaunchOptions, what: string][] = [
    [{ module, permissions: { write: [`${temp}/app`] } }, "the task module"],
    [{ module, permissions: { write: [temp] } }, "the task module"],
    [{ module, permissions: { write: [module] } }, "the task module"],
    [{ module, permissions: { write: [`${temp}/app/deno.json`] } }, "the worker's configuration"],
  ];
  for (const [options, what] of cases) {
    const error = assertThrows(() => new Pool(options), PermissionError);
    assertEquals(error.message.includes(`it covers ${what}, "${temp}/app/`), true, error.message);
  }
  const process = new Process({ module, target: "f", permissions: { write: [`${temp}/app`] } });
  assertThrows(() => process.start(), PermissionError, "it covers the task module");
});

Deno.test("new Pool() refuses a write grant that covers the import map of its workers", async () => {
  await using folder = await ProjectFolder.make({
    "app/tasks.ts": "export const f = () => 1;",
    "app/deno.json": '{ "importMap": "../maps/map.json" }',
    "maps/map.json": "{}",
  });
  const options = { module: `${folder.path}/app/tasks.ts`, permissions: { write: [`${folder.path}/maps`] } };
  const what = `it covers the worker's import map, "${folder.path}/maps/map.json"`;
  assertThrows(() => new Pool(options), PermissionError, what);
  await using _untrusted = new Pool({ ...options, trust: "untrusted" });
});

Deno.test("new Pool() refuses a write grant that covers the compiler options of its workers", async () => {
  await using folder = await ProjectFolder.make({
    "app/package.json": "{}",
    "app/tsconfig.json": "{}",
    "app/tasks.ts": "export const f = () => 1;",
  });
  const tsconfig = `${folder.path}/app/tsconfig.json`;
  const options = { module: `${folder.path}/app/tasks.ts`, permissions: { write: [tsconfig] } };
  assertThrows(() => new Pool(options), PermissionError, `it covers the worker's compiler options, "${tsconfig}"`);
});

Deno.test("new Pool() takes a write grant of data, and of an untrusted module's own folder", async () => {
  await using folder = await project();
  const module = `${folder.path}/app/tasks.ts`;
  await using _data = new Pool({ module, permissions: { write: [`${folder.path}/data`, `${folder.path}/app/tasks`] } });
  await using _own = new Pool({ module, trust: "untrusted", permissions: { write: [`${folder.path}/app`] } });
});

Deno.test("a program with all permissions cannot hand on the writing of Deno, its cache, the library and the PATH", async () => {
  await using folder = await ProjectFolder.make({
    "main.ts": `import { Pool } from "LIBRARY";
const [code, exports] = "LIBRARY".endsWith("/built/mod.js") ? [".", "../deno.json"] : ["./src", "./deno.json"];
const temp = Deno.cwd();
Deno.mkdirSync("bin");
Deno.symlinkSync(temp + "/bin", temp + "/link");
Deno.env.set("PATH", temp + "/bin:" + Deno.env.get("PATH"));
const cases = { all: true, deno: [Deno.execPath()], cache: [Deno.env.get("DENO_DIR")!], inCache: [Deno.env.get("DENO_DIR") + "/npm"],
  library: [new URL(code, "LIBRARY").pathname], entry: [new URL("LIBRARY").pathname], exports: [new URL(exports, "LIBRARY").pathname], above: ["/"], path: [temp + "/bin/tool"], linked: [temp + "/link"] };
for (const [name, write] of Object.entries(cases)) {
  for (const trust of ["trusted", "untrusted"] as const) {
    try { new Pool({ trust, permissions: { write } }); console.log(name, "taken"); } catch (error) {
      console.log(name, error.name, /it covers ([^,]+),/.exec(error.message)?.[1]);
    }
  }
  new Pool({ permissions: { write }, dangerouslyWritableCode: true });
}`,
  });
  const { stdout, stderr } = await folder.deno("run", "-A", "--no-lock", "main.ts");
  assertEquals(stderr, "");
  const expected = {
    all: "Deno",
    deno: "Deno",
    cache: "Deno's cache",
    inCache: "Deno's cache",
    library: "this library",
    entry: "this library",
    exports: "this library",
    above: "Deno",
    path: "a folder of the PATH",
    linked: "a folder of the PATH",
  };
  assertEquals(
    stdout,
    Object.entries(expected).map(([name, what]) => `${name} PermissionError ${what}\n`.repeat(2)).join(""),
  );
});

Deno.test("a pool with dangerouslyWritableCode writes its own module", async () => {
  await using folder = await project();
  const module = `${folder.path}/app/tasks.ts`;
  await using pool = new Pool({ module, permissions: { write: [module] }, dangerouslyWritableCode: true, workers: 1 });
  await pool.apply((path: string) => Deno.writeTextFileSync(path, ""), [module]);
  assertEquals(await Deno.readTextFile(module), "");
  await assertRejects(
    async () => await new Pool({ module, permissions: { write: [module] } }).apply("f"),
    PermissionError,
  );
});
