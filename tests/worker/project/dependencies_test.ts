/** End-to-end tests with real programs and registries on the loopback: a worker's dependencies are the program's. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";
import { Registries } from "../../helpers/servers/registries.ts";

const MAIN = `import { Pool } from "LIBRARY";
import * as tasks from "./tasks.ts";
console.log("program", tasks.versions());
await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.ts") });
console.log("workers", await pool.apply(tasks.versions).catch((error) => error.message));`;

const TASKS = `import { npm } from "npm-dep";
import { jsr } from "jsr-dep";
export const versions = () => [npm, jsr].join();`;

const IMPORTS = { "npm-dep": "npm:npm-dep@1", "jsr-dep": "jsr:@me/jsr-dep@1" };

const RUN = ["run", "--no-prompt", "--allow-run", "--allow-read=.", "--allow-env=DENO_DIR,NPM_CONFIG_REGISTRY,JSR_URL"];

/** Registries with the first versions; `npm-dep` has a dependency. */
function registries(): Registries {
  const made = new Registries();
  made.npm["npm-dep"] = {
    "1.0.0": { text: 'export { below as npm } from "npm-below";', dependencies: { "npm-below": "^1.0.0" } },
  };
  made.npm["npm-below"] = { "1.0.0": { text: "export const below = 'npm 1.0.0';" } };
  made.jsr["@me/jsr-dep"] = { "1.0.0": { text: "export const jsr: string = 'jsr 1.0.0';" } };
  return made;
}

/** Newer versions appear, and another project brings them into the cache. */
async function publishNewer({ npm, jsr }: Registries, folder: ProjectFolder): Promise<void> {
  npm["npm-dep"]!["1.1.0"] = { text: "export const npm = 'npm 1.1.0';" };
  npm["npm-below"]!["1.1.0"] = { text: "export const below = 'npm below 1.1.0';" };
  jsr["@me/jsr-dep"]!["1.1.0"] = { text: "export const jsr: string = 'jsr 1.1.0';" };
  const source = Object.values(IMPORTS).map((name) => `import "${name}.1";`).join("");
  await folder.write({ "other/main.ts": source, "other/deno.json": '{ "lock": false }' });
  const { code, stderr } = await folder.denoIn("other", ["cache", "--reload", "main.ts"]);
  assertEquals(code, 0, stderr);
}

Deno.test("workers load what the lock file pins, in a cache that has newer versions, and in one that an install from it has filled", async () => {
  await using made = registries();
  const files = { "main.ts": MAIN, "tasks.ts": TASKS, "deno.json": JSON.stringify({ imports: IMPORTS }) };
  await using folder = await ProjectFolder.make(files, made.env);
  await folder.mustRun("install", "--entrypoint", "main.ts");
  const lock = await folder.read("deno.lock");
  await publishNewer(made, folder);
  const pinned = "program npm 1.0.0,jsr 1.0.0\nworkers npm 1.0.0,jsr 1.0.0\n";
  for (const flags of [[], ["--frozen"]]) assertEquals(await folder.mustRun(...RUN, ...flags, "main.ts"), pinned);
  await Deno.remove(`${folder.path}/.cache`, { recursive: true });
  await folder.mustRun("install", "--frozen", "--entrypoint", "main.ts");
  assertEquals(await folder.mustRun(...RUN, "--frozen", "main.ts"), pinned);
  assertEquals(await folder.read("deno.lock"), lock);
});

Deno.test("workers go by the lock file that the configuration names, by none, and by that of the workspace", async () => {
  await using made = registries();
  const shapes: Record<string, [files: Record<string, string>, main: string, lock: string | undefined]> = {
    "another path": [
      { "deno.json": JSON.stringify({ imports: IMPORTS, lock: "locks/my.lock" }) },
      ".",
      "locks/my.lock",
    ],
    "none": [{ "deno.json": JSON.stringify({ imports: IMPORTS, lock: false }) }, ".", undefined],
    "a member": [
      {
        "deno.json": JSON.stringify({ workspace: ["./packages/*"] }),
        "packages/app/deno.json": JSON.stringify({ imports: IMPORTS }),
      },
      "packages/app",
      "deno.lock",
    ],
  };
  for (const [shape, [files, main, lock]] of Object.entries(shapes)) {
    await using folder = await ProjectFolder.make(
      { ...files, [`${main}/main.ts`]: MAIN, [`${main}/tasks.ts`]: TASKS, "locks/.keep": "" },
      made.env,
    );
    await folder.mustRun("cache", `${main}/main.ts`);
    const before = lock === undefined ? undefined : await folder.read(lock);
    const { stdout, stderr } = await folder.deno(...RUN, `${main}/main.ts`);
    assertEquals([shape, stdout, stderr], [
      shape,
      "program npm 1.0.0,jsr 1.0.0\nworkers npm 1.0.0,jsr 1.0.0\n",
      "",
    ]);
    if (lock !== undefined) assertEquals(await folder.read(lock), before);
  }
});

Deno.test("a worker does not touch the project's node_modules, whatever its cache holds", async () => {
  const config = (imports: Record<string, string>, lock: boolean) =>
    JSON.stringify({ imports, nodeModulesDir: "auto", ...(lock ? {} : { lock }) });
  for (const locked of [true, false]) {
    await using made = registries();
    const files = { "main.ts": MAIN, "tasks.ts": TASKS, "deno.json": config(IMPORTS, locked) };
    await using folder = await ProjectFolder.make(files, made.env);
    await folder.mustRun("install", "--entrypoint", "main.ts");
    const installed = await Deno.readLink(`${folder.path}/node_modules/npm-dep`);
    if (locked) await publishNewer(made, folder);
    const out = await folder.mustRun(...RUN, "main.ts");
    assertEquals(out, "program npm 1.0.0,jsr 1.0.0\nworkers npm 1.0.0,jsr 1.0.0\n");
    assertEquals(await Deno.readLink(`${folder.path}/node_modules/npm-dep`), installed);
  }
});

Deno.test("a function without a module imports by the program's own configuration and lock file", async () => {
  await using made = registries();
  const main = `import { Pool } from "LIBRARY"; import "npm-dep"; import "jsr-dep";
await using pool = new Pool({ workers: 1 });
console.log(await pool.apply(async () => [(await import("npm-dep")).npm, (await import("jsr-dep")).jsr].join()));`;
  for (const more of [{}, { vendor: true }]) {
    const files = { "main.ts": main, "deno.json": JSON.stringify({ imports: IMPORTS, ...more }) };
    await using folder = await ProjectFolder.make(files, made.env);
    await folder.mustRun("cache", "main.ts");
    assertEquals(await folder.mustRun(...RUN, "main.ts"), "npm 1.0.0,jsr 1.0.0\n");
  }
});

Deno.test("a function without a module imports what a workspace member, a package.json, or a folder with --config names", async () => {
  await using made = registries();
  const main = `import { Pool, Process } from "LIBRARY"; import { npm } from "npm-dep"; console.log("program", npm);
const inline = async (name: string) => (await import(name)).npm;
await using pool = new Pool({ workers: 1 });
console.log("worker", await pool.apply(inline, ["npm-dep"]).catch((error) => error.message));
console.log(await pool.apply(inline, ["../tasks.ts"]).catch((error) => error.message.split(" (")[0]));
console.log(await pool.apply(inline, ["absent"]).catch((error) => error.message.split(";")[0]));
const process = new Process({ target: async () => console.log("process", (await import("npm-dep")).npm) });
process.start(); await process.join();`;
  const imports = JSON.stringify({ imports: { "npm-dep": "npm:npm-dep@1" } });
  const shapes: Record<string, [files: Record<string, string>, cwd: string, flags: string[]]> = {
    "a member": [
      { "deno.json": '{ "workspace": ["./app"] }', "app/deno.json": imports, "app/main.ts": main, "tasks.ts": "" },
      "app",
      [],
    ],
    "a package.json": [
      { "package.json": '{ "dependencies": { "npm-dep": "^1.0.0" } }', "main.ts": main },
      ".",
      [],
    ],
    "--config": [
      { "conf/deno.json": imports, "main.ts": main },
      ".",
      ["--config=conf/deno.json"],
    ],
  };
  for (const [shape, [files, cwd, flags]] of Object.entries(shapes)) {
    await using folder = await ProjectFolder.make(files, made.env);
    const installed = await folder.denoIn(cwd, ["install", ...flags, "--entrypoint", "main.ts"]);
    assertEquals([shape, installed.code], [shape, 0], installed.stderr);
    // The flags of a program are known to one that may do everything.
    const run = flags.length > 0 ? ["run", "-A"] : [...RUN, `--allow-read=${folder.path}`];
    const { stdout, stderr } = await folder.denoIn(cwd, [...run, ...flags, "main.ts"]);
    const [program, worker, relative, absent, process] = stdout.trim().split("\n");
    assertEquals([shape, program, worker, process, stderr], [
      shape,
      "program npm 1.0.0",
      "worker npm 1.0.0",
      "process npm 1.0.0",
      "",
    ]);
    assertEquals(relative, 'Cannot import "../tasks.ts"');
    assertEquals(absent?.replace(" and not in import map", ""), 'Import "absent" not a dependency');
  }
});

Deno.test("an untrusted module from a registry is the version that the program's lock file pins", async () => {
  await using made = registries();
  const main = `import { Pool } from "LIBRARY"; import "npm:npm-dep@1"; import "jsr:@me/jsr-dep@1";
for (const module of ["npm:npm-dep@1", "jsr:@me/jsr-dep@1"]) {
  await using pool = new Pool({ workers: 1, module, trust: "untrusted" });
  console.log(await pool.apply(async (module: string) => Object.values(await import(module)).join(), [module]));
}`;
  await using folder = await ProjectFolder.make({ "main.ts": main, "deno.json": "{}" }, made.env);
  await folder.mustRun("cache", "main.ts");
  await publishNewer(made, folder);
  const { stdout, stderr } = await folder.deno(...RUN, "main.ts");
  assertEquals([stdout, stderr], ["npm 1.0.0\njsr 1.0.0\n", ""]);
});

Deno.test("an untrusted module that may import has the names of its deno.json, and what the packages export below them", async () => {
  await using made = registries();
  const main = `import { Pool } from "LIBRARY";
for (const module of ["./plugin/good.ts", "./plugin/bad.ts"]) {
  await using pool = new Pool({ module: import.meta.resolve(module), trust: "untrusted", permissions: { import: true } });
  console.log(await pool.apply("versions").catch((error) => error.message.split("; ")[1].split(", see")[0]));
}`;
  await using folder = await ProjectFolder.make({
    "main.ts": main,
    "plugin/deno.json": JSON.stringify({ imports: IMPORTS }),
    "plugin/good.ts": TASKS.replace('"npm-dep"', '"npm-dep/index.js"').replace('"jsr-dep"', '"jsr-dep/mod"'),
    "plugin/bad.ts": 'import "absent";',
  }, made.env);
  const { stdout, stderr } = await folder.deno(...RUN, "--allow-import", "main.ts");
  const names = `an untrusted module has only the names in "imports" of ${folder.path}/plugin/deno.json`;
  assertEquals([stdout, stderr], [`npm 1.0.0,jsr 1.0.0\n${names}\n`, ""]);
});

Deno.test("a pool with `frozen: false` ignores the lock file, and leaves it as it is", async () => {
  await using made = registries();
  const main = `import { Pool } from "LIBRARY"; import { npm } from "npm-dep"; console.log(npm);
await using pool = new Pool({ workers: 1, frozen: false, permissions: { import: true } });
const load = async (module: string) => (await import(module)).below;
console.log(await pool.apply(load, ["npm:npm-below@1.1.0"]));`;
  const files = { "main.ts": main, "deno.json": JSON.stringify({ imports: IMPORTS }) };
  await using folder = await ProjectFolder.make(files, made.env);
  await folder.mustRun("cache", "main.ts");
  await publishNewer(made, folder);
  const lock = await folder.read("deno.lock");
  const out = await folder.mustRun("run", "-A", "main.ts");
  assertStringIncludes(out, "npm below 1.1.0\n");
  assertEquals(await folder.read("deno.lock"), lock);
});

Deno.test("a worker resolves as the program does where a package.json lies below a deno.json", async () => {
  const main = `import { Pool } from "LIBRARY"; import { get } from "./tasks.js"; console.log(get());
await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.js") });
console.log(await pool.apply(get));`;
  const files = {
    "deno.json": '{ "fmt": { "lineWidth": 100 } }',
    "sub/package.json": '{ "type": "module", "imports": { "#lib": "./lib.js" }, "dependencies": { "dep": "1.0.0" } }',
    "sub/node_modules/dep/package.json":
      '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
    "sub/node_modules/dep/index.js": "export const dep = 'dep';",
    "sub/lib.js": "export const lib = 'lib';",
    "sub/tasks.js": 'import { dep } from "dep"; import { lib } from "#lib"; export const get = () => dep + lib;',
    "sub/main.js": main,
  };
  await using folder = await ProjectFolder.make(files);
  for (const cwd of [".", "sub"]) {
    const { stdout, stderr } = await folder.denoIn(cwd, [
      "run",
      "--no-prompt",
      "--allow-run",
      `--allow-read=${folder.path}`,
      "--allow-env=DENO_DIR",
      cwd === "." ? "sub/main.js" : "main.js",
    ]);
    assertEquals([stdout, stderr], ["deplib\ndeplib\n", ""]);
  }
});
