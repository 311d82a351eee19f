// Unit: the rewriting of the source for workers.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { pieces, pristine } from "../../scripts/child_source/pristine.ts";

const CASES: [code: string, rewritten: string][] = [
  ["list.push(x);", "list[$push](x);"],
  ["list?.push(x);", "list?.[$push](x);"],
  ["this.#push(x); x.pushed(y);", "this.#push(x); x.pushed(y);"],
  ["JSON.parse(text)", "$JSON_parse(text)"],
  ["own.JSON.parse(text)", "own.JSON.parse(text)"],
  ['"call list.push(x)";', '"call list.push(x)";'],
  [
    "`send Array.from(${list.slice(1)}) at ${`${a.at(0)}.at(1)`}`;",
    "`send Array.from(${list[$slice](1)}) at ${`${a[$at](0)}.at(1)`}`;",
  ],
  [
    "const r = /x.push(1)[/]/.test(text); a / b.at(1) / c;",
    "const r = /x.push(1)[/]/[$test](text); a / b[$at](1) / c;",
  ],
  ["// list.push(x)\nlist.push(x);", "// list.push(x)\nlist[$push](x);"],
];

for (const [code, rewritten] of CASES) {
  Deno.test(`pristine().rewrite() makes of ${JSON.stringify(code)} what it should`, () => {
    assertEquals(pristine().rewrite(`// src/child/file.ts\n${code}`), `// src/child/file.ts\n${rewritten}`);
    assertEquals(pieces(code).map(({ text }) => text).join(""), code);
  });
}

Deno.test("pristine().rewrite() leaves the codec's own methods alone there", () => {
  const code = "// src/wire/codec/encode.ts\nencoder.encode(item); this.parts.push(x);";
  assertEquals(pristine().rewrite(code), "// src/wire/codec/encode.ts\nencoder.encode(item); this.parts[$push](x);");
});

Deno.test("pristine() takes methods that are applied", () => {
  const taken = pristine();
  assertEquals(
    taken.rewrite("var { every, entries: entriesOf } = Array.prototype;\nFunction.prototype.toString.call(f);"),
    "var every = $Array_prototype_every;\nvar entriesOf = $Array_prototype_entries;\n$Function_prototype_toString[$call](f);",
  );
  assertStringIncludes(taken.prelude, "const $Array_prototype_entries = Array.prototype.entries;\n");
});

Deno.test("pristine() takes what was rewritten", () => {
  const taken = pristine();
  taken.rewrite("Promise.all([Math.max(1, 2)])");
  assertStringIncludes(taken.prelude, "const $Promise_all = Promise.all.bind(Promise);\nconst $Math_max = Math.max;");
  assert(taken.names.includes("$Math_max"));
  assertEquals(taken.namesIn("return $Math_max(new Map(), $Math_maximum);"), ["Map", "$Math_max"]);
});
