// End-to-end: docs/start.md, followed step by step in an empty folder, with a registry of this machine in place of JSR.
import { assert, assertEquals } from "@std/assert";
import { codeBlocks } from "../helpers/programs/markdown.ts";
import { JsrRegistry } from "../helpers/servers/jsr_registry.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = "docs/start.md";

/** What commands printed. */
interface Printed {
  readonly commands: string;
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

Deno.test("docs/start.md leads from an empty folder to a project, with the files, commands and output that it shows", async () => {
  const page = (await Deno.readTextFile(new URL(PAGE, ROOT))).split("\n");
  const folder = await Deno.makeTempDir({ prefix: "corral-start-" });
  // To check the types of a package takes Deno a fifth of what those of a clone take it: of a package it checks what is exported.
  await using registry = await JsrRegistry.open();
  await registry.publish(".");
  const project = `${folder}/project`;
  const env = {
    NO_COLOR: "1",
    PATH: `${Deno.execPath().replace(/[^/]*$/, "")}:${Deno.env.get("PATH")}`,
    JSR_URL: registry.url,
    DENO_DIR: `${folder}/cache`,
  };
  try {
    await Deno.mkdir(project);
    // Until the page shows it.
    let printed: Printed | undefined;
    for (const { path, line, language, text } of await codeBlocks()) {
      if (path !== PAGE) continue;
      // Two lines above the fence stands the name of the file.
      const [, file] = /^`([\w.]+)`:$/.exec(page[line - 3] ?? "") ?? [];
      if (file !== undefined) await Deno.writeTextFile(`${project}/${file}`, text);
      else if (language === "sh") {
        assertNoFailure(printed);
        printed = await follow(text, project, env);
      } else {
        compare(printed, text, `the output in line ${line}`);
        printed = undefined;
      }
    }
    assertNoFailure(printed);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Commands fail where the page shows their error, and nowhere else. */
function assertNoFailure(printed: Printed | undefined): void {
  assert(printed?.success !== false, printed && `${printed.commands}: ${printed.stdout}${printed.stderr}`);
}

/** Commands print what is shown. Those that fail, and tests, print lines that begin so, and others. */
function compare(printed: Printed | undefined, shown: string, place: string): void {
  assert(printed !== undefined, `${place}: no command prints it`);
  const { commands, success, stdout, stderr } = printed;
  if (success && !commands.startsWith("deno test")) return assertEquals(stdout.trim(), shown, place);
  assertEquals(success, !shown.startsWith("error: "), `${place}: ${stdout}${stderr}`);
  const lines = `${stdout}\n${stderr}`.split("\n");
  assertEquals(shown.split("\n").filter((part) => !lines.some((line) => line.startsWith(part))), [], place);
}

/** Runs commands in a shell. */
async function follow(commands: string, cwd: string, env: Record<string, string>): Promise<Printed> {
  const script = `deno() { "${Deno.execPath()}" "$@"; }; set -e; ${commands}`;
  const { success, stdout, stderr } = await new Deno.Command("bash", { args: ["-c", script], cwd, env }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { commands, success, stdout: out!, stderr: err! };
}
