/** Unit tests, with files: which configuration, lock file and packages belong to a module. */
import { assertEquals, assertThrows } from "@std/assert";
import { plainJson, readConfig } from "../../../src/worker/project/config_file.ts";
import { pathToFileUrl } from "../../../src/worker/project/module_url.ts";
import { parseFlags } from "../../../src/worker/project/program_flags.ts";
import { findProject } from "../../../src/worker/project/project.ts";
import { isWorkspaceMember } from "../../../src/worker/project/workspace.ts";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";

const UNKNOWN = { config: undefined, lock: undefined };

/** The project of a module in `folder`, with paths relative to it. */
function projectIn({ path }: ProjectFolder, module: string, chosen = UNKNOWN): Record<string, unknown> {
  const project = findProject(pathToFileUrl(`${path}/${module}`), chosen);
  return Object.fromEntries(Object.entries(project).map(([key, value]) => [key, value.replace(`${path}/`, "")]));
}

Deno.test("findProject() takes the nearest deno.json and the lock file beside it", async () => {
  await using folder = await ProjectFolder.make({
    "deno.json": "{}",
    "deno.lock": "",
    "a/deno.jsonc": "{ /* nothing */ }",
    "a/b/tasks.ts": "",
    "c/tasks.ts": "",
  });
  assertEquals(projectIn(folder, "a/b/tasks.ts"), { config: "a/deno.jsonc" });
  assertEquals(projectIn(folder, "c/tasks.ts"), { config: "deno.json", lock: "deno.lock" });
});

Deno.test("findProject() goes by what a configuration says of its lock file", async () => {
  const cases: [unknown, string | undefined][] = [
    [undefined, "deno.lock"],
    [true, "deno.lock"],
    [false, undefined],
    ["./other.lock", "other.lock"],
    [{ path: "other.lock", frozen: true }, "other.lock"],
    [{ frozen: true }, "deno.lock"],
    ["./locks/../a#b/100%/x%41?.lock", "a#b/100%/x%41?.lock"],
    ["missing.lock", undefined],
  ];
  for (const [lock, expected] of cases) {
    const files = {
      "deno.json": JSON.stringify({ lock }),
      "deno.lock": "",
      "other.lock": "",
      "a#b/100%/x%41?.lock": "",
      "tasks.ts": "",
    };
    await using folder = await ProjectFolder.make(files);
    assertEquals(projectIn(folder, "tasks.ts").lock, expected, JSON.stringify(lock));
  }
});

Deno.test("findProject() takes the lock file and the packages of the workspace for a member", async () => {
  await using folder = await ProjectFolder.make({
    "deno.json": JSON.stringify({ workspace: { members: ["./packages/*"] }, nodeModulesDir: "auto" }),
    "deno.lock": "",
    "packages/app/deno.json": JSON.stringify({ lock: false }),
    "packages/app/tasks.ts": "",
    "stray/deno.json": "{}",
    "stray/tasks.ts": "",
  });
  assertEquals(projectIn(folder, "packages/app/tasks.ts"), {
    config: "packages/app/deno.json",
    lock: "deno.lock",
    nodeModules: "none",
  });
  assertEquals(projectIn(folder, "stray/tasks.ts"), { config: "stray/deno.json" });
  await Deno.mkdir(`${folder.path}/node_modules`);
  assertEquals(projectIn(folder, "packages/app/tasks.ts").nodeModules, "manual");
});

Deno.test("findProject() goes by the package.json that is nearer than a deno.json of another project", async () => {
  await using folder = await ProjectFolder.make({
    "deno.json": "{}",
    "sub/package.json": "{}",
    "sub/deno.lock": "",
    "sub/src/tasks.js": "",
    "both/package.json": "{}",
    "both/deno.json": "{}",
    "both/tasks.js": "",
  });
  assertEquals(projectIn(folder, "sub/src/tasks.js"), { lock: "sub/deno.lock", nodeModules: "manual" });
  assertEquals(projectIn(folder, "both/tasks.js"), { config: "both/deno.json" });
  await folder.write({ "package.json": JSON.stringify({ workspaces: ["sub"] }) });
  assertEquals(projectIn(folder, "sub/src/tasks.js"), { config: "deno.json" });
});

Deno.test("findProject() takes the tsconfig.json beside a package.json, or that of its workspace, if it can be read", async () => {
  await using folder = await ProjectFolder.make({
    "package.json": JSON.stringify({ workspaces: ["*"] }),
    "tsconfig.json": "{}",
    "own/package.json": "{}",
    "own/tsconfig.json": "{ /* nothing */ }",
    "own/src/tsconfig.json": "{}",
    "none/package.json": "{}",
    "broken/package.json": "{}",
    "broken/tsconfig.json": "{",
  });
  const found = (path: string) => projectIn(folder, path);
  assertEquals(found("own/src/tasks.ts"), { tsconfig: "own/tsconfig.json", nodeModules: "manual" });
  assertEquals(found("none/tasks.ts"), { tsconfig: "tsconfig.json", nodeModules: "manual" });
  assertEquals(found("broken/tasks.ts"), { nodeModules: "manual" });
});

Deno.test("findProject() prefers what the program says by its flags", async () => {
  await using folder = await ProjectFolder.make({
    "deno.json": "{}",
    "deno.lock": "",
    "conf/deno.json": "{}",
    "conf/deno.lock": "",
    "tasks.ts": "",
  });
  const inConf = (name: string) => `${folder.path}/conf/${name}`;
  const choose = (chosen: object) => projectIn(folder, "tasks.ts", { ...UNKNOWN, ...chosen });
  assertEquals(choose({ config: inConf("deno.json") }), { config: "conf/deno.json", lock: "conf/deno.lock" });
  assertEquals(choose({ config: false }), {});
  assertEquals(choose({ lock: false }), { config: "deno.json" });
  assertEquals(choose({ lock: inConf("deno.lock") }), { config: "deno.json", lock: "conf/deno.lock" });
});

Deno.test("isWorkspaceMember() matches patterns of folders, in deno.json and in package.json", async () => {
  await using folder = await ProjectFolder.make({
    "deno.json": JSON.stringify({ workspace: ["./a", "packages/*", "deep/**", "!packages/not", 5, "in/**/x/**/y*"] }),
    "package.json": JSON.stringify({ workspaces: { packages: ["npm-*x*"] } }),
  });
  const root = `${pathToFileUrl(folder.path)}/`;
  const cases: Record<string, boolean> = {
    "": false,
    "a/": true,
    "ab/": false,
    "a/b/": false,
    "packages/b/": true,
    "packages/": false,
    "packages/not/": false,
    "packages/b/c/": false,
    "deep/a/b/": true,
    "deep/": true,
    "in/x/y/": true,
    "in/a/x/b/x/c/y1/": true,
    "in/y/x/": false,
    "in/x/y/z/": false,
    "npm-axb/": true,
    "npm-ab/": false,
    "../a/": false,
  };
  for (const [path, expected] of Object.entries(cases)) {
    assertEquals(isWorkspaceMember(root, new URL(path, root).href), expected, path);
  }
});

Deno.test("parseFlags() reads what matters to workers, up to the script", () => {
  const none = { config: undefined, lock: undefined, passedOn: [], connecting: [] };
  const cases: [string, ReturnType<typeof parseFlags>][] = [
    ["", none],
    ["deno", none],
    ["deno run main.ts --config=/x", none],
    ["deno run -A --config=/c/deno.json main.ts", { ...none, config: "/c/deno.json" }],
    ["deno run -c /c/deno.json --location /x main.ts --no-lock", { ...none, config: "/c/deno.json" }],
    ["deno test --no-config --no-lock --allow-read=/a tests", { ...none, config: false, lock: false }],
    ["deno run --lock --lock=/l/deno.lock main.ts", { ...none, lock: "/l/deno.lock" }],
    ["deno --config=/c/deno.json -A main.ts --no-lock", { ...none, config: "/c/deno.json" }],
    ["deno -q run -Ac /c/deno.json --lock /l/deno.lock main.ts", {
      ...none,
      config: "/c/deno.json",
      lock: "/l/deno.lock",
    }],
    ["deno -Lerror run -c/c/deno.json --lock --no-npm main.ts", { ...none, config: "/c/deno.json" }],
    ["deno run -AR=/c,c -qc=/c/deno.json --min-dep-age 5 --no-lock -- --no-config", {
      ...none,
      config: "/c/deno.json",
      lock: false,
    }],
    ["deno run --unstable-lazy-dynamic-imports --unstable-x main.ts", { ...none, passedOn: ["--unstable-x"] }],
    ["deno main.ts run --no-lock", none],
    ["deno test -A a.ts --no-lock run -- --no-config", { ...none, lock: false }],
    ["deno run --cert /ca.pem --unsafely-ignore-certificate-errors=a.org,b.org main.ts", {
      ...none,
      connecting: ["--cert=/ca.pem", "--unsafely-ignore-certificate-errors=a.org,b.org"],
    }],
    ["deno run --cert=base64:QUJD main.ts", { ...none, connecting: ["--cert=base64:QUJD"] }],
    ["deno run --importmap=/m.json x", { ...none, passedOn: ["--import-map=/m.json"] }],
    ["deno run --import-map /m.json --unstable-kv --unstable --unstable-cron main.ts", {
      ...none,
      passedOn: ["--import-map=/m.json", "--unstable-kv", "--unstable", "--unstable-cron"],
    }],
    ["deno run --import-map=https://x.org/m.json --conditions=a,b --node-modules-dir=manual --vendor - x", {
      ...none,
      passedOn: ["--import-map=https://x.org/m.json", "--conditions=a,b", "--node-modules-dir=manual", "--vendor"],
    }],
  ];
  for (const [line, expected] of cases) assertEquals(parseFlags(line.split(" ")), expected, line);
});

Deno.test("plainJson() keeps what stands in texts, and makes JSON of what else Deno takes", () => {
  const cases: [string, unknown][] = [
    ['{ "a": "x // y /* z */", /* , */ "b": [1, 2, /* 3 */ ], // "c"\n }', { a: "x // y /* z */", b: [1, 2] }],
    ['{"a":"\\\\\\"//",}', { a: '\\"//' }],
    ['["a,]", /**/ "b" ,\n]', ["a,]", "b"]],
    ["[1/**/,/***/2]", [1, 2]],
    ['{"a/b": "/*"}', { "a/b": "/*" }],
    // What Deno takes as well.
    ["{a: 1, $b-c: {d: true}}", { a: 1, "$b-c": { d: true } }],
    [`{'it\\'s': 'a "b" \\\\'}`, { "it's": 'a "b" \\' }],
    ['{"a": 1 "b": [1 2 "x" {} [] null] "c": "d"}', { a: 1, b: [1, 2, "x", {}, [], null], c: "d" }],
    ["[0x10, -0xF, +1, -1.5e3, +2.5]", [16, -15, 1, -1500, 2.5]],
    ['["a\nb\tc"]', ["a\nb\tc"]],
  ];
  for (const [text, expected] of cases) assertEquals(JSON.parse(plainJson(text)), expected, text);
  for (const text of ["[1,,2]", "[,1]", '{"a"::1}', "# x\n{}"]) assertThrows(() => JSON.parse(plainJson(text)), text);
  for (
    const open of ['"' + '\\"'.repeat(500_000), "/*" + "*".repeat(500_000), "/".repeat(500_000), ",".repeat(500_000)]
  ) {
    plainJson(open);
  }
});

Deno.test("readConfig() reads plain JSON, and what has comments and commas at ends", async () => {
  const files = {
    "plain.json": '{"lock":"a//b,}"}',
    "commented.json": '{"lock":"a//b,}",} // at last',
    "loose.json": "{lock: 'a//b,}'}",
  };
  await using folder = await ProjectFolder.make(files);
  for (const name of Object.keys(files)) assertEquals(readConfig(`${folder.path}/${name}`), { lock: "a//b,}" }, name);
});

Deno.test("readConfig() takes nothing that is too large, is not there, or is not an object", async () => {
  await using folder = await ProjectFolder.make({ "large.json": " ".repeat(4 * 1024 * 1024) + "{}", "list.json": "5" });
  for (const name of ["large.json", "missing.json", "list.json", "."]) {
    assertEquals(readConfig(`${folder.path}/${name}`), undefined, name);
  }
});

Deno.test({
  name: "readConfig() does not wait for a pipe that stands in the place of a configuration",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await ProjectFolder.make({});
    const pipe = `${folder.path}/deno.json`;
    assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).code, 0);
    assertEquals(readConfig(pipe), undefined);
  },
});
