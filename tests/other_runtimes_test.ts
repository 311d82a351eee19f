/** End-to-end tests: what other runtimes are told. They load the library as one bundled file, since they read no TypeScript with all its syntax. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { see } from "../src/troubles.ts";

const ROOT = new URL("../", import.meta.url);
const ENTRIES = ["mod.ts", "src/pool/mod.ts", "src/process/mod.ts", "src/futures/mod.ts", "src/sync/mod.ts"];

async function nodeVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("node", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).trim().slice(1);
  } catch {
    return undefined;
  }
}

const version = await nodeVersion();

Deno.test({
  name: "Node.js is told that corral needs Deno, by each entry point",
  ignore: version === undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const entry of ENTRIES) {
        const bundle = `${folder}/bundle.mjs`;
        const args = ["bundle", "--quiet", "--output", bundle, new URL(entry, ROOT).href];
        const bundled = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
        assertEquals([bundled.code, bundled.code === 0 ? "" : new TextDecoder().decode(bundled.stderr)], [0, ""]);
        const { code, stderr } = await new Deno.Command("node", { args: [bundle] }).output();
        assertEquals(code, 1);
        assertStringIncludes(
          new TextDecoder().decode(stderr),
          `Error: Cannot load corral: this is Node.js ${version}, corral needs Deno 2.9 or later${
            see("other-runtime")
          }\n`,
        );
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
