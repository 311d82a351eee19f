/** Unit tests: a program in few files names nothing that Deno would read before it is wanted. */
import { assertEquals } from "@std/assert";
import { withoutLiterals } from "../../scripts/packaging/few_files.ts";

Deno.test("withoutLiterals() leaves no literal import() of the program's files, or of what draws reports", () => {
  assertEquals(
    withoutLiterals('const a = await import("./mod-2JUU.js"), b = await import("linkedom"); import("./c.js");'),
    'const a = await import(["./mod-2JUU.js"][0]), b = await import(["linkedom"][0]); import(["./c.js"][0]);',
  );
});

Deno.test("withoutLiterals() leaves other imports as they are, which Deno resolves without looking for files", () => {
  const text =
    'import { a } from "./a.js"; await import("node:zlib"); const text = `import("${url}")`; reimport("./a.js");';
  assertEquals(withoutLiterals(text), text);
});
