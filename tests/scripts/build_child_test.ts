// Unit.
import { assertEquals, assertThrows } from "@std/assert";
import { toScripts } from "../../scripts/child_source/scripts.ts";

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

/** A file whose exports are evaluated on demand, and one that only it imports. */
const ON_DEMAND = new Map([
  [
    "child/main",
    `import {\n  Rare,\n  rare as rare2\n} from "../chunk-DDDDDDDD.js";\n\n// src/child/main.ts
var log = globalThis.logOfTest = ["main"];
function serve() {
  log.push("again");
  const sum = rare2(1, 2);
  const made = new Rare(5);
  return [...log, sum, made.name, rare2(1, 2) === sum];
}
export {\n  serve\n};\n`,
  ],
  ["handles", ""],
  ["rare/rare", `import {\n  Rare,\n  rare\n} from "../chunk-DDDDDDDD.js";\nexport {\n  Rare,\n  rare\n};\n`],
  [
    "chunk-DDDDDDDD",
    `import {\n  add\n} from "./chunk-EEEEEEEE.js";\n\n// src/rare/rare.ts
globalThis.logOfTest.push("rare");
var rare = (a, b) => add(a, b);
var Rare = class { constructor(n) { this.name = \`Rare \${n}\`; } };
export {\n  Rare,\n  rare\n};\n`,
  ],
  ["chunk-EEEEEEEE", `// src/rare/add.ts\nvar add = (a, b) => a + b;\nexport {\n  add\n};\n`],
]);

Deno.test("toScripts() makes scripts that share what they import, and evaluates the rest on demand", async () => {
  const scripts = toScripts(FILES);
  assertEquals(scripts.length, 4);
  assertEquals(scripts.map((script) => script.split("\n").at(-2)), [
    "//# sourceURL=ext:corral/child",
    "//# sourceURL=ext:corral/child/1",
    "//# sourceURL=ext:corral/handles",
    "//# sourceURL=ext:corral/child/late",
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

Deno.test("toScripts() evaluates what is wanted on demand when it is first called, with what only it imports", () => {
  const served = run(toScripts(ON_DEMAND, ["rare/rare"]), undefined, undefined);
  assertEquals(served, ["main", "again", "rare", 3, "Rare 5", true]);
});

Deno.test("toScripts() refuses what is wanted on demand and not only called", () => {
  for (const use of ["x instanceof Rare", "class X extends Rare {}", "Rare.make()", "[rare].map(String)"]) {
    const other = new Map([...ON_DEMAND, [
      "child/main",
      `import {\n  Rare,\n  rare\n} from "../chunk-DDDDDDDD.js";\n${use};\nvar serve = 1;\nexport {\n  serve\n};\n`,
    ]]);
    assertThrows(() => toScripts(other, ["rare/rare"]), Error, "is used otherwise than by a call");
  }
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
