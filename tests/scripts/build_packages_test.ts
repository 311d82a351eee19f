/** Unit and end-to-end tests: what is published is what the sources are, in few files. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { buildPackages, builtConfig, withClassNames } from "../../scripts/packaging/build_packages.ts";
import { MADE_PACKAGES } from "../helpers/programs/packages.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("withClassNames() gives classes the names that they have in their sources", () => {
  assertEquals(
    withClassNames("var Pool = class _Pool {\n  static of() {\n    return new _Pool(this._Pool, $_Pool);\n  }\n};\n"),
    "var Pool = class Pool {\n  static of() {\n    return new Pool(this._Pool, $_Pool);\n  }\n};\n",
  );
  const text = "var Lock = class {\n};\nvar a = class _b {\n};\n";
  assertEquals(withClassNames(text), text);
});

Deno.test("builtConfig() exports what programs load, publishes it too, and keeps the rest", () => {
  assertEquals(
    builtConfig({
      exports: { ".": "./mod.ts", "./pool": "./src/pool/mod.ts" },
      exclude: ["dist"],
      publish: { include: ["deno.json", "src"] },
      imports: { a: "npm:a@1" },
    }),
    {
      exports: { ".": "./built/mod.js", "./pool": "./built/src/pool/mod.js" },
      publish: { include: ["deno.json", "src", "built"] },
      imports: { a: "npm:a@1" },
    },
  );
});

Deno.test("what is published exports what the sources export under the same names, in few files, and tells Node.js what it needs", async () => {
  const folder = await Deno.makeTempDir({ prefix: "corral-packages-" });
  try {
    // A run of all tests has made them.
    const packages = MADE_PACKAGES ?? `${folder}/packages`;
    if (MADE_PACKAGES === undefined) await buildPackages(packages);
    const built = JSON.parse(await Deno.readTextFile(`${packages}/deno.json`)).exports;
    for (const [entry, source] of Object.entries(config.exports)) {
      const path = `${packages}/${built[entry]}`;
      assertEquals(await namesIn(`file://${path}`), await namesIn(new URL(source, ROOT).href), entry);
      if (!(await Deno.readTextFile(new URL(source, ROOT))).includes('require_deno.ts"')) continue;
      assertStringIncludes(await inNode(path), "corral needs Deno 2.9 or later", entry);
    }
    const files = await Array.fromAsync(Deno.readDir(`${packages}/built`));
    assert(files.length < 50, `${files.length} files`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The exports of a module, each function and class with the name that it has itself. */
async function namesIn(url: string): Promise<string[]> {
  const exported: Record<string, unknown> = await import(url);
  return Object.entries(exported).map(([name, value]) => `${name} ${typeof value === "function" ? value.name : ""}`)
    .toSorted();
}

/** What Node.js says when it loads a file. */
async function inNode(path: string): Promise<string> {
  try {
    const { stderr } = await new Deno.Command("node", { args: [path] }).output();
    return new TextDecoder().decode(stderr);
  } catch {
    return "corral needs Deno 2.9 or later, and there is no Node.js here to be told";
  }
}
