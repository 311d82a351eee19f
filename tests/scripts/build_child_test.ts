// Unit.
import { assertEquals, assertThrows } from "@std/assert";
import { toScripts } from "../../scripts/build_child.ts";

/** What the scripts do, put together as the main module of a worker does it. */
function run(scripts: string[], loadModule: unknown, input: unknown): unknown {
  const [core, ...rest] = scripts.map((script) => () => (0, eval)(script));
  return core!()((index: number) => rest[index]!())(loadModule, input);
}

const FILES = new Map([
  [
    "child/main",
    `import {\n  base as base2,\n  twice\n} from "../chunk-AAAAAAAA.js";\n\n// src/child/main.ts
async function serve(loadModule, input, loadHandles) {
  const { late } = await import("../mod-BBBBBBBB.js");
  const { late: again } = await import("../mod-BBBBBBBB.js");
  return [loadModule, input, twice(base2), loadHandles(), late === again, late()];
}
export {\n  serve\n};\n`,
  ],
  ["handles", `import {\n  register\n} from "./chunk-CCCCCCCC.js";\n\n// src/handles.ts\nregister("Queue");\n`],
  [
    "mod-BBBBBBBB",
    `import "./chunk-AAAAAAAA.js";\n\n// src/child/late.ts\nvar late = () => "late";\nexport {\n  late\n};\n`,
  ],
  [
    "chunk-AAAAAAAA",
    `import {\n  register\n} from "./chunk-CCCCCCCC.js";\n\nvar own = 4;\nregister("base");\nvar twice = (n) => 2 * n;
export {\n  own as base,\n  twice\n};\n`,
  ],
  [
    "chunk-CCCCCCCC",
    `var registered = globalThis.registeredByTest = [];\nvar register = (name) => registered.push(name);\nexport {\n  register\n};\n`,
  ],
]);

Deno.test("toScripts() makes scripts that share what they import, and evaluates the rest on demand", async () => {
  const scripts = toScripts(FILES);
  assertEquals(scripts.length, 4);
  assertEquals(scripts.map((script) => script.split("\n").at(-2)), [
    "//# sourceURL=corral:child",
    "//# sourceURL=corral:child/1",
    "//# sourceURL=corral:handles",
    "//# sourceURL=corral:child/late",
  ]);
  const served = run(scripts, "module", "input");
  const registered = (globalThis as { registeredByTest?: string[] }).registeredByTest;
  assertEquals(registered, ["base"]);
  assertEquals(await served, ["module", "input", 8, {}, true, "late"]);
  assertEquals(registered, ["base", "Queue"]);
});

Deno.test("toScripts() does not depend on the names that deno bundle makes", () => {
  const other = new Map(
    Array.from(FILES, ([path, code]) => {
      const rename = (text: string) => text.replaceAll("AAAAAAAA", "DDDDDDDD").replaceAll("BBBBBBBB", "EEEEEEEE");
      return [rename(path), rename(code)];
    }).reverse() as [string, string][],
  );
  assertEquals(toScripts(other), toScripts(FILES));
});

Deno.test("toScripts() refuses what it does not understand", () => {
  const withMain = (code: string) => new Map([...FILES, ["child/main", code]]);
  assertThrows(() => toScripts(withMain(`export * from "./x.js";\n`)), Error, "form that is not known");
  assertThrows(
    () => toScripts(withMain(`import { a } from "./x.js";\na();\n`)),
    Error,
    "child/x is imported and was not made",
  );
});
