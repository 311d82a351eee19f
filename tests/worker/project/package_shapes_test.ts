/** End-to-end tests with real programs and registries on the loopback: whatever brings the packages of a project, its workers have them. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";
import { Registries } from "../../helpers/servers/registries.ts";

const RUN = ["run", "--quiet", "--no-prompt", "--allow-run", "--allow-env=DENO_DIR", "--cached-only"];

/** Has the task in the program, in workers with the module, and asks those without one for what it imports, if that has names. */
const main = (names: readonly string[], tasks: string) =>
  `import { Pool } from "LIBRARY";
import * as tasks from "./${tasks}";
const module = import.meta.resolve("./${tasks}");
await using pool = new Pool({ workers: 1, module });
console.log(await tasks.run(), await pool.apply("run"));
${names.length > 0 ? askBare(names) : ""}`;

const askBare = (names: readonly string[]) =>
  `await using bare = new Pool({ workers: 1 });
for (const name of ${JSON.stringify(names)}) {
  console.log(await bare.apply(async (name: string) => Object.keys(await import(name)).length > 0, [name]));
}`;

const NPM_TASKS =
  'import { npm } from "npm-dep"; import { scoped } from "@me/dep"; export const run = () => npm + scoped;';
const NPM_NAMES = ["npm-dep", "@me/dep"];
const NPM_IMPORTS = { "npm-dep": "npm:npm-dep@1", "@me/dep": "npm:@me/dep@1" };
const NPM_DEPENDENCIES = { "npm-dep": "^1.0.0", "@me/dep": "^1.0.0" };

interface Shape {
  readonly files: Record<string, string>;
  /** The folder of the program. */
  readonly cwd?: string;
  readonly tasks?: string;
  readonly names?: readonly string[];
  readonly expected?: string;
}

/** Lays a project into a folder of its own; all have one cache. Gives the folder of its program. */
async function lay(
  folder: ProjectFolder,
  name: string,
  { files, cwd = ".", tasks = "tasks.ts", names = [] }: Shape,
  more: Record<string, string> = {},
  text?: string,
): Promise<string> {
  const all = { ...files, ...more, [`${cwd}/main.ts`]: main(names, tasks) };
  if (text !== undefined) all[`${cwd}/${tasks}`] = text;
  for (const [path, content] of Object.entries(all)) await folder.write({ [`${name}/${path}`]: content });
  return `${name}/${cwd}`;
}

const json = (value: unknown): string => JSON.stringify(value);

/** Where packages of npm come from: their registries are named by `.npmrc` alone. */
const INSTALLED: Readonly<Record<string, Shape>> = {
  "a deno.json": { files: { "deno.json": json({ imports: NPM_IMPORTS }) } },
  "an import map beside it": {
    files: { "deno.json": json({ importMap: "conf/map.json" }), "conf/map.json": json({ imports: NPM_IMPORTS }) },
  },
  "node_modules by hand": { files: { "deno.json": json({ imports: NPM_IMPORTS, nodeModulesDir: "manual" }) } },
  "a package.json": {
    files: { "package.json": json({ type: "module", dependencies: NPM_DEPENDENCIES }), "tsconfig.json": "{}" },
  },
  "both": {
    files: {
      "package.json": json({ type: "module", dependencies: NPM_DEPENDENCIES }),
      "deno.json": json({ nodeModulesDir: "manual" }),
    },
  },
  "a member of Deno's workspace": {
    cwd: "app",
    files: { "deno.json": json({ workspace: ["./app"] }), "app/deno.json": json({ imports: NPM_IMPORTS }) },
  },
  "a member of npm's workspace": {
    cwd: "app",
    files: {
      "package.json": json({ private: true, workspaces: ["app", "lib"] }),
      "app/package.json": json({ type: "module", dependencies: { "npm-dep": "^1.0.0", "@me/dep": "*" } }),
      "lib/package.json": json({ name: "@me/dep", version: "1.0.0", type: "module", exports: "./mod.js" }),
      "lib/mod.js": 'export const scoped = "member";',
    },
    names: ["npm-dep"],
    expected: "default member",
  },
};

/** A program that runs with less in the cache runs with more: these, of each kind one, show it. */
const RUN_BEFORE_TOO = ["a deno.json", "a package.json"];

Deno.test("workers have the packages of npm that the project has installed, from the registries that its .npmrc names", async () => {
  await using all = new Registries();
  all.npm["npm-dep"] = { "1.0.0": { text: "export const npm = 'default ';" } };
  await using ours = new Registries();
  ours.npm["@me/dep"] = { "1.0.0": { text: "export const scoped = 'scoped';" } };
  const [one, other] = [all, ours].map(({ env }) => env.NPM_CONFIG_REGISTRY!);
  const npmrc = `registry=${one}\n@me:registry=${other}\n${other!.replace("http:", "")}:_authToken=\${TOKEN}\n`;
  await using folder = await ProjectFolder.make({}, { TOKEN: "secret" });
  for (const [name, shape] of Object.entries(INSTALLED)) {
    const { names = NPM_NAMES, expected = "default scoped" } = shape;
    const cwd = await lay(folder, name, { ...shape, names }, { ".npmrc": npmrc }, NPM_TASKS);
    // Then from the lock file alone, as where a project is deployed.
    for (const flags of [[], ["--frozen"]]) {
      for (const made of [".cache/npm", `${name}/node_modules`]) {
        await Deno.remove(`${folder.path}/${made}`, { recursive: true }).catch(() => {});
      }
      const installed = await folder.denoIn(cwd, ["install", ...flags, "--entrypoint", "main.ts"]);
      assertEquals([name, installed.code], [name, 0], installed.stderr);
      if (flags.length === 0 && !RUN_BEFORE_TOO.includes(name)) continue;
      const { stdout, stderr } = await folder.denoIn(cwd, [...RUN, `--allow-read=${folder.path}`, "main.ts"]);
      assertEquals([name, stderr, stdout], [name, "", `${expected} ${expected}\n${"true\n".repeat(names.length)}`]);
    }
  }
});

/** What a task module can import without any registry. */
const LOCAL: Readonly<Record<string, Shape>> = {
  "what a package.json imports and exports": {
    files: {
      "package.json": json({
        name: "self",
        type: "module",
        imports: { "#lib": "./lib.ts" },
        exports: { "./sub": "./sub.ts" },
      }),
      "lib.ts": 'export const lib = "lib";',
      "sub.ts": 'export const sub = "sub";',
      "tasks.ts": 'import { lib } from "#lib"; import { sub } from "self/sub"; export const run = () => lib + sub;',
    },
    expected: "libsub",
  },
  "another member, and what its own deno.json exports": {
    cwd: "app",
    files: {
      "deno.json": json({ workspace: ["./app", "./lib"] }),
      "app/deno.json": json({ name: "@me/app", version: "1.0.0", exports: { ".": "./main.ts", "./sub": "./sub.ts" } }),
      "app/sub.ts": 'export const sub = "sub";',
      "lib/deno.json": json({ name: "@me/lib", version: "1.0.0", exports: "./mod.ts" }),
      "lib/mod.ts": 'export const lib = "lib";',
      "app/tasks.ts":
        'import { lib } from "@me/lib"; import { sub } from "@me/app/sub"; export const run = () => lib + sub;',
    },
    expected: "libsub",
  },
  "a linked package": {
    files: {
      "deno.json": json({ links: ["./lib"], imports: { "@me/lib": "jsr:@me/lib@^1.0.0" } }),
      "lib/deno.json": json({ name: "@me/lib", version: "1.0.0", exports: "./mod.ts" }),
      "lib/mod.ts": 'export const lib = "lib";',
      "tasks.ts": 'import { lib } from "@me/lib"; export const run = () => lib;',
    },
    expected: "lib",
  },
  "JSX, decorators of the old kind, data and its own place": {
    files: {
      "deno.json": json({
        compilerOptions: { jsx: "react-jsx", jsxImportSource: "@jsx", experimentalDecorators: true },
        imports: { "@jsx/jsx-runtime": "./jsx.ts" },
        unstable: ["raw-imports"],
      }),
      "jsx.ts": "export const jsx = (tag: string, props: object) => tag + JSON.stringify(props);",
      "data.json": "[1]",
      "data.txt": "text",
      "tasks.tsx": `import json from "./data.json" with { type: "json" };
        import text from "./data.txt" with { type: "text" };
        import bytes from "./data.txt" with { type: "bytes" };
        import type { Absent } from "absent";
        const seen: string[] = [];
        const note = (_: object, name: string) => void seen.push(name);
        class A { @note method() { return seen.join(); } }
        export const run = (_?: Absent) =>
          [<b class="x">{"y"}</b>, new A().method(), json, text, bytes.length, import.meta.filename?.endsWith("tasks.tsx")].join();`,
    },
    tasks: "tasks.tsx",
    expected: 'b{"class":"x","children":"y"},method,1,text,4,true',
  },
  "compiler options in the tsconfig.json of a package.json": {
    files: {
      "package.json": json({ name: "self", type: "module", exports: { "./jsx-runtime": "./jsx.ts" } }),
      "tsconfig.json": `{ "extends": "./base.json", "exclude": ["dist"] // as compilers of TypeScript take it
      }`,
      "base.json": json({
        compilerOptions: { jsx: "react-jsx", jsxImportSource: "self", experimentalDecorators: true },
      }),
      "jsx.ts": "export const jsx = (tag: string, props: object) => tag + JSON.stringify(props);",
      "tasks.tsx": `const seen: string[] = [];
        const note = (_: object, name: string) => void seen.push(name);
        class A { @note method() { return seen.join(); } }
        export const run = () => [<b class="x">{"y"}</b>, new A().method()].join();`,
    },
    tasks: "tasks.tsx",
    expected: 'b{"class":"x","children":"y"},method',
  },
  "a CommonJS module": {
    files: { "deno.json": "{}", "tasks.cjs": "exports.run = () => typeof require + __dirname.length;" },
    tasks: "tasks.cjs",
  },
};

Deno.test("a task module imports in a worker all that it can in a program", async () => {
  await using folder = await ProjectFolder.make({});
  for (const [name, shape] of Object.entries(LOCAL)) {
    const cwd = await lay(folder, name, shape);
    const flags = RUN.filter((flag) => flag !== "--cached-only");
    const { stdout, stderr } = await folder.denoIn(cwd, [...flags, `--allow-read=${folder.path}`, "main.ts"]);
    const [first, second, ...more] = stdout.trim().split(" ");
    assertEquals([name, first, more], [name, shape.expected ?? second, []], stderr);
    assertEquals([name, second], [name, first]);
  }
});

Deno.test("what errors tell of an untrusted module's variables mends it", async () => {
  await using registries = new Registries();
  registries.npm["npm-dep"] = { "1.0.0": { text: "export const npm = 'npm';" } };
  const registry = registries.env.NPM_CONFIG_REGISTRY!;
  await using folder = await ProjectFolder.make({
    ".npmrc": `registry=${registry}`,
    "deno.json": json({ imports: { "npm-dep": "npm:npm-dep@1" } }),
    // Not beside the cache, in which Deno makes links.
    "tenant/data.txt": "text",
    "tenant/tasks.ts": `import { npm } from "npm-dep"; import bytes from "./data.txt" with { type: "bytes" };
      export const run = () => npm + bytes.length;`,
    "main.ts": `import { Pool } from "LIBRARY";
      const env = { NPM_CONFIG_REGISTRY: ${json(registry)}, DENO_UNSTABLE_RAW_IMPORTS: "1" };
      const module = import.meta.resolve("./tenant/tasks.ts");
      await using pool = new Pool({ workers: 1, module, trust: "untrusted", permissions: { import: true }, env });
      console.log(await pool.apply("run"));`,
  });
  assertEquals(await folder.mustRun("run", "-A", "--quiet", "main.ts"), "npm4\n");
});
