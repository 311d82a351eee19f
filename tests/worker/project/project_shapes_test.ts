/** End-to-end tests with real programs: projects of many shapes, in folders of odd names, whose task modules import by the names of a `deno.json`. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";

/** Makes a pool of each module that it is told, one after the other, and prints what a call of that gives and what an arrow function does. */
const MAIN = `import { Pool } from "LIBRARY";
for (const module of Deno.args) {
  await using pool = new Pool({ workers: 1, module: import.meta.resolve(module) });
  const call = async () => [await pool.apply("twice", [21]), await pool.apply((x: number) => x + 1, [1])];
  console.log(...await call().catch((error) => [String(error)]));
}`;

const TASKS = 'import { two } from "@lib/two.ts"; export const twice = (x: number) => two * x;';
const NAMES = '"imports": { "@lib/": "./lib/" }';

const FILES = { "main.ts": MAIN, "tasks.ts": TASKS, "lib/two.ts": "export const two = 2;" };

/** Lays projects below a folder, each in one of this name with this `deno.json`. */
async function lay(
  folder: ProjectFolder,
  configs: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = FILES,
): Promise<void> {
  for (const [name, config] of Object.entries(configs)) {
    for (const [path, text] of Object.entries({ ...files, "deno.json": config })) {
      await folder.write({ [`${name}/${path}`]: text });
    }
  }
}

/** Runs the program of a project. */
async function run(folder: ProjectFolder, name: string, ...modules: string[]): Promise<string> {
  const flags = ["--quiet", "--no-prompt", `--allow-run=${Deno.execPath()}`, "--allow-read", "--allow-env=DENO_DIR"];
  const { code, stdout, stderr } = await folder.denoIn(name, ["run", ...flags, "main.ts", ...modules]);
  return code === 0 ? stdout : stderr;
}

/** That the task module of each project does what it is to, in workers of the first one's program. */
async function assertRuns(configs: Readonly<Record<string, string>>): Promise<void> {
  await using folder = await ProjectFolder.make({});
  await lay(folder, configs);
  const names = Object.keys(configs);
  const up = names[0]!.replaceAll(/[^/]+/g, "..");
  const modules = names.map((name) => `${up}/${name.split("/").map(encodeURIComponent).join("/")}/tasks.ts`);
  const printed = (await run(folder, names[0]!, ...modules)).split("\n");
  assertEquals(printed.map((line, index) => [names[index], line]), [
    ...names.map((name) => [name, "42 2"]),
    [undefined, ""],
  ]);
}

const CONFIGS: Readonly<Record<string, string>> = {
  "comments and commas at the ends": `{ // names\n ${NAMES}, /* no more */ }`,
  "scopes": '{ "scopes": { "./": { "@lib/": "./lib/" } } }',
  "all of it excluded": `{ "exclude": ["lib", "tasks.ts"], ${NAMES} }`,
  "sets of permissions": `{ "permissions": { "default": { "read": true } }, ${NAMES} }`,
  "a catalog and an age of dependencies":
    `{ "catalog": { "leven": "4.1.0" }, "minimumDependencyAge": "P2D", ${NAMES} }`,
  "compiler options": `{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "npm:preact" }, ${NAMES} }`,
  "many unstable features":
    `{ "unstable": ["sloppy-imports", "bare-node-builtins", "detect-cjs", "raw-imports", "kv", "temporal"], ${NAMES} }`,
  "lazy dynamic imports": `{ "unstable": ["lazy-dynamic-imports"], ${NAMES} }`,
};

Deno.test("A worker loads its module by whatever else its deno.json holds", () => assertRuns(CONFIGS));

// On Windows, no file can be called so.
const ODD_NAMES = [
  "sp ace",
  "a#b",
  "a%41b",
  "ä€日",
  "a,b",
  ...(Deno.build.os === "windows" ? [] : ["a?b", "a\\b", "a'b\"c"]),
];

Deno.test("A worker loads its module from folders whose names mean something in URLs, shells and flags", () =>
  // The program is in a folder that has all of them in its path.
  assertRuns(Object.fromEntries([ODD_NAMES.join("/"), ...ODD_NAMES].map((name) => [name, `{ ${NAMES} }`]))));

Deno.test("Where dynamic imports are lazy, the module runs nothing before the worker has made it ready, and its errors are its own", async () => {
  const main = `import { Pool } from "LIBRARY";
    const load = async (module, name) => {
      await using pool = new Pool({ workers: 1, module: import.meta.resolve(module) });
      return await pool.apply(name).catch((error) => String(error));
    };
    console.log(await load("./prints.ts", "say"), await load("./fails.ts", "say"), await load("./waits.ts", "say"));`;
  await using folder = await ProjectFolder.make({});
  await lay(folder, { project: '{ "unstable": ["lazy-dynamic-imports"] }' }, {
    "main.ts": main,
    "prints.ts": 'console.log("loaded"); export const say = () => "said";',
    "waits.ts": `console.log("loads"); await 1; console.log("waited"); export const say = () => "yes";`,
    "fails.ts": 'throw new RangeError("mine");',
  });
  assertEquals(await run(folder, "project"), "loaded\nloads\nwaited\nsaid RangeError: mine yes\n");
});
