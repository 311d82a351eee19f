/** Unit tests, and a few on folders of their own. */
import { assertEquals, assertThrows } from "@std/assert";
import { bareImports } from "../../../src/worker/project/configuration.ts";
import { absolutePath, findUpwards, type ModuleOption, moduleUrl } from "../../../src/worker/project/module_url.ts";

Deno.test("moduleUrl() gives a URL when a URL, an absolute path or import.meta is given", () => {
  const cases: [ModuleOption, string][] = [
    ["/srv/tasks.ts", "file:///srv/tasks.ts"],
    ["/srv/a b/50%/c#d?e.ts", "file:///srv/a%20b/50%25/c%23d%3Fe.ts"],
    ["file:///srv/a b.ts", "file:///srv/a%20b.ts"],
    [new URL("file:///srv/tasks.ts"), "file:///srv/tasks.ts"],
    ["https://x.org/tasks.ts?v=1", "https://x.org/tasks.ts?v=1"],
    ["C:\\srv\\tasks.ts", "file:///C:/srv/tasks.ts"],
    ["c:/srv/tasks.ts", "file:///C:/srv/tasks.ts"],
    ["\\\\host\\share\\tasks.ts", "file://host/share/tasks.ts"],
    ["jsr:@x/y@1", "jsr:@x/y@1"],
    ["npm:ms@2", "npm:ms@2"],
    ["data:text/javascript,export{}", "data:text/javascript,export{}"],
    [import.meta, import.meta.url],
  ];
  for (const [module, expected] of cases) assertEquals(moduleUrl(module).toLowerCase(), expected.toLowerCase());
});

Deno.test("moduleUrl() throws a TypeError when another process could not load the module", () => {
  const cases: [unknown, string][] = [
    ["./tasks.ts", 'use import.meta.resolve("./tasks.ts")'],
    ["../tasks.ts", "an absolute path, a URL or import.meta is wanted"],
    ["tasks", 'Cannot load module "tasks"'],
    ["@std/assert", "a bare name was given"],
    ["", 'Cannot load module ""'],
    ["blob:null/1", '"blob:" URLs'],
    ["node:fs", '"node:" URLs'],
    ["http://", "not a valid URL"],
    [1, "a string, a URL or import.meta is wanted"],
    [null, "is wanted"],
    [{}, "is wanted"],
  ];
  for (const [module, message] of cases) assertThrows(() => moduleUrl(module as ModuleOption), TypeError, message);
});

Deno.test("absolutePath() keeps characters that mean something in a URL", () => {
  const cwd = Deno.cwd();
  const cases = [
    ["a%20b#c?d", `${cwd}/a%20b#c?d`],
    ["x:y", `${cwd}/x:y`],
    [".", cwd],
    ["..", absolutePath(`${cwd}/..`)],
    ["/", "/"],
    ["/a/./b/../c/", "/a/c"],
    ["/ü/日本", "/ü/日本"],
    ["/a/b ", "/a/b "],
    [" a \x01", `${cwd}/ a \x01`],
    ["/a\tb\n", "/a\tb\n"],
  ] as const;
  for (const [path, expected] of cases) assertEquals(absolutePath(path), expected);
});

Deno.test("findUpwards() finds the file nearest to the module, and takes no folder for one", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/a/b`, { recursive: true });
    const nearest = () => findUpwards(moduleUrl(`${root}/a/b/tasks.ts`), ["deno.json", "deno.jsonc"]);
    await Deno.writeTextFile(`${root}/deno.jsonc`, "{}");
    assertEquals(nearest(), `${root}/deno.jsonc`);
    await Deno.writeTextFile(`${root}/a/deno.json`, "{}");
    assertEquals(nearest(), `${root}/a/deno.json`);
    await Deno.mkdir(`${root}/a/b/deno.json`);
    assertEquals(nearest(), `${root}/a/deno.json`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("bareImports() has what a package exports beside its main entry, as Deno has it", () => {
  const imports = {
    "a": "jsr:@scope/a@^1.0.0",
    "b": "npm:/b@1",
    "c": "npm:c",
    "c/": "npm:/c@1/lib/",
    "d/": "npm:/d@1/",
    "e": "https://x.org/e/",
    "f": "./f.ts",
    "g": "npm:",
  };
  assertEquals(bareImports({ imports }, "file:///srv/deno.json"), {
    ...imports,
    "a/": "jsr:/@scope/a@^1.0.0/",
    "b/": "npm:/b@1/",
    "f": "file:///srv/f.ts",
  });
});

Deno.test("bareImports() drops every name that could redirect a URL or a path", () => {
  const imports = {
    "ms": "npm:ms@2",
    "@/": "./src/",
    "up": "../up.ts",
    "file:///": "./evil/",
    "FILE:///lib/main.ts": "./evil.ts",
    " file:///lib/": "./evil/",
    "data:text/javascript,1": "./evil.ts",
    "npm:ms": "./evil.ts",
    "/lib/": "./evil/",
    "\\lib/": "./evil/",
    "./lib/": "./evil/",
    "../lib/": "./evil/",
    "": "./evil/",
    "number": 1,
  };
  assertEquals(bareImports({ imports, scopes: { "/": { x: "y" } } }, "file:///srv/a/deno.json"), {
    "ms": "npm:ms@2",
    "ms/": "npm:/ms@2/",
    "@/": "file:///srv/a/src/",
    "up": "file:///srv/up.ts",
  });
  for (const config of [undefined, null, 1, {}, { imports: "x" }, { imports: [] }]) {
    assertEquals(bareImports(config, "file:///deno.json"), {});
  }
});
