// End-to-end: docs/start.md, followed step by step in an empty folder.
import { assert, assertEquals } from "@std/assert";
import { codeBlocks } from "../helpers/markdown.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = "docs/start.md";

Deno.test("docs/start.md leads from an empty folder to a project, with the files, commands and output that it shows", async () => {
  const page = (await Deno.readTextFile(new URL(PAGE, ROOT))).split("\n");
  const folder = await Deno.makeTempDir({ prefix: "corral-start-" });
  try {
    let printed: string | undefined;
    for (const { path, line, language, text } of await codeBlocks()) {
      if (path !== PAGE) continue;
      // Two lines above the fence stands the name of the file.
      const [, file] = /^`([\w.]+)`:$/.exec(page[line - 3] ?? "") ?? [];
      if (file !== undefined) await Deno.writeTextFile(`${folder}/${file}`, text);
      else if (language === "sh") printed = await follow(text, folder);
      else assertEquals(printed?.trim(), text, `the output in line ${line}`);
    }
    assert(printed !== undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Runs the lines in a shell; instead of `deno add`, which needs JSR, it writes what that would, with this clone as the package. */
async function follow(lines: string, cwd: string): Promise<string> {
  if (lines.startsWith("deno add jsr:@corral/multiprocessing")) {
    const imports = { "@corral/multiprocessing": new URL("mod.ts", ROOT).href };
    await Deno.writeTextFile(`${cwd}/deno.json`, JSON.stringify({ imports }));
    return "";
  }
  const script = `deno() { "${Deno.execPath()}" "$@"; }; set -e; ${lines}`;
  const env = { NO_COLOR: "1", PATH: `${Deno.execPath().replace(/[^/]*$/, "")}:${Deno.env.get("PATH")}` };
  const { success, stdout, stderr } = await new Deno.Command("bash", { args: ["-c", script], cwd, env }).output();
  const output = new TextDecoder().decode(stdout);
  assert(success, `${lines}: ${output}${new TextDecoder().decode(stderr)}`);
  return output;
}
