/** End-to-end tests with real programs: workers resolve as the command line and the environment of the program say. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";

Deno.test("workers take the import map and the unstable features of the program's command line", async () => {
  const main = `import { Pool } from "LIBRARY"; import { name } from "named"; import { kv } from "./kv.ts";
console.log(name, await kv());
for (const module of ["./named.ts", "./kv.ts"]) {
  await using pool = new Pool({ workers: 1, module: import.meta.resolve(module) });
  const get = module === "./kv.ts" ? "kv" : "get";
  console.log(await pool.apply(get).catch((error) => error.message));
}`;
  await using folder = await ProjectFolder.make({
    "main.ts": main,
    "map.json": '{ "imports": { "named": "./name.ts" } }',
    "name.ts": "export const name = 'mapped';",
    "named.ts": 'import { name } from "named"; export const get = () => name;',
    "kv.ts":
      "export const kv = async () => { using kv = await Deno.openKv(':memory:'); return (await kv.set(['a'], 1)).ok; };",
  });
  const flags = ["--import-map=map.json", "--unstable-kv"];
  assertEquals(await folder.mustRun("run", "-A", ...flags, "main.ts"), "mapped true\nmapped\ntrue\n");
  // Without all permissions the command line is not to be seen, but what the feature adds to the global scope is.
  const out = await folder.mustRun(
    "run",
    "--no-prompt",
    "--allow-run",
    "--allow-read=.",
    "--allow-env=DENO_DIR",
    ...flags,
    "main.ts",
  );
  assertStringIncludes(out, "\ntrue\n");
});

Deno.test("workers resolve as the environment of the program says", async () => {
  const files = {
    "deno.json": '{ "imports": { "dep": "./mapped.js" } }',
    "mapped.js": "export const dep = 'mapped';",
    "sub/package.json": '{ "type": "module", "dependencies": { "dep": "1.0.0" } }',
    "sub/node_modules/dep/package.json":
      '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": { "custom": "./custom.js", "default": "./index.js" } }',
    "sub/node_modules/dep/index.js": "export const dep = 'index';",
    "sub/node_modules/dep/custom.js": "export const dep = 'custom';",
    "sub/tasks.js": 'import { dep } from "dep"; export const get = () => dep;',
    "sub/main.js": `import { Pool } from "LIBRARY"; import { get } from "./tasks.js"; console.log(get());
await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.js") });
console.log(await pool.apply(get).catch((error) => error.message));`,
  };
  await using folder = await ProjectFolder.make(files);
  const cases: [env: Record<string, string>, expected: string][] = [
    [{}, "index"],
    [{ DENO_CONDITIONS: "custom" }, "custom"],
    [{ DENO_NO_PACKAGE_JSON: "1" }, "mapped"],
  ];
  for (const [env, expected] of cases) {
    const flags = [
      "--no-prompt",
      "--allow-run",
      `--allow-read=${folder.path}`,
      `--allow-env=${["DENO_DIR", ...Object.keys(env)]}`,
    ];
    const { stdout, stderr } = await folder.denoIn("sub", ["run", ...flags, "main.js"], env);
    assertEquals([stdout, stderr], [`${expected}\n${expected}\n`, ""]);
  }
});

Deno.test("workers take a configuration that is named in front of the command, among letters, or without a command", async () => {
  const main = `import { Pool } from "LIBRARY"; import { name } from "named"; console.log(name);
await using pool = new Pool({ workers: 1 });
console.log(await pool.apply(async () => (await import("named")).name).catch((error) => error.message));`;
  await using folder = await ProjectFolder.make({
    "conf/my.json": `{ "imports": { "named": "data:text/javascript,export const name = 'mapped';" } }`,
    "main.ts": main,
  });
  const lines = [
    "-q run -A -c conf/my.json main.ts",
    "run -Ac conf/my.json main.ts",
    "--config=conf/my.json -A main.ts",
  ];
  for (const line of lines) assertEquals(await folder.mustRun(...line.split(" ")), "mapped\nmapped\n");
});

Deno.test("workers in another folder find the cache that a relative DENO_DIR names", async () => {
  await using folder = await ProjectFolder.make({
    "main.ts": `import { Pool } from "LIBRARY";
await using pool = new Pool({ workers: 1, cwd: import.meta.resolve("./sub"), permissions: { env: ["DENO_DIR"] } });
console.log(await pool.apply(() => Deno.env.get("DENO_DIR")));`,
    "sub/.keep": "",
  });
  const flags = ["--no-prompt", "--allow-run", "--allow-env=DENO_DIR", "--allow-read=."];
  const { stdout, stderr } = await folder.denoIn(".", ["run", ...flags, "main.ts"], { DENO_DIR: "cache" });
  assertEquals([stdout, stderr], [`${folder.path}/cache\n`, ""]);
});

Deno.test("a worker runs in the folder that a path or a URL names, and says when there is none", async () => {
  await using folder = await ProjectFolder.make({
    "main.ts": `import { Pool } from "LIBRARY";
for (const cwd of ["sub", import.meta.resolve("./sub"), new URL("./sub", import.meta.url), "absent", import.meta.resolve("./absent")]) {
  await using pool = new Pool({ workers: 1, cwd, permissions: { read: true } });
  console.log(await pool.apply(() => Deno.cwd()).catch((error) => error.message));
}`,
    "sub/.keep": "",
  });
  const out = await folder.mustRun(
    "run",
    "--no-prompt",
    "--allow-run",
    "--allow-env=DENO_DIR",
    "--allow-read",
    "main.ts",
  );
  const there = `${folder.path}/sub\n`;
  const none = `Cannot start a worker: there is no folder "${folder.path}/absent", one that exists is wanted as cwd\n`;
  assertEquals(out, `${there}${there}${there}${none}${none}`);
});
