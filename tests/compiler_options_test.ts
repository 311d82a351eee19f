// End-to-end tests: a program that uses a clone has these sources checked by its own compilerOptions.
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { ProjectFolder } from "./helpers/programs/project_folder.ts";

const CLONE = fileURLToPath(import.meta.resolve("../"));

const OPTIONS: Record<string, unknown> = {
  "lax ones": { strict: false },
  "strict ones, and the names of a browser": {
    lib: ["dom", "dom.iterable", "dom.asynciterable", "deno.ns"],
    noUnusedLocals: true,
    noUnusedParameters: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
  },
};

for (const [what, compilerOptions] of Object.entries(OPTIONS)) {
  Deno.test({
    name: `a program with a clone of the library can be checked with compilerOptions that are ${what}`,
    // To make a symbolic link takes a right there.
    ignore: Deno.build.os === "windows",
    async fn() {
      await using folder = await ProjectFolder.make({
        "deno.json": JSON.stringify({ compilerOptions }),
        "main.ts": Object.values(config.exports).map((path) => `import "./corral/${path}";\n`).join(""),
      });
      await folder.link(CLONE, "corral");
      const { code, stderr } = await folder.deno("check", "--quiet", "main.ts");
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
    },
  });
}
