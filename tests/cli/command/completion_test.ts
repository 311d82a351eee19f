// End-to-end tests of completion: what real shells offer; each is skipped where it is not installed.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type CompletionCommand, completionScript, type Shell } from "../../../cli/command/completion.ts";
import { corral, inFolder } from "../../helpers/programs/corral.ts";
import { noTerminal, Terminal } from "../../helpers/programs/terminal.ts";

const COMMANDS: CompletionCommand[] = [
  {
    name: "map",
    help: "Runs a function: it's \\parallel",
    arguments: "files",
    options: [
      { long: "jobs", short: "j", help: "Workers [N]: it's 2 by default", value: { name: "N" } },
      { long: "in", help: "Input", value: { name: "FORMAT", choices: ["ndjson", "nul", "csv"] } },
      { long: "bar", help: "Bar", value: { name: "LAYOUT", choices: ["line", "full"] }, optionalValue: true },
      { long: "joblog", help: "Log", value: { name: "FILE", files: "any" } },
      { long: "allow-read", help: "Read", value: { name: "PATHS" }, optionalValue: true, repeatable: true },
      { long: "unordered", help: "Any order" },
    ],
  },
  { name: "completion", help: "Completion", arguments: ["bash", "zsh", "fish"], options: [] },
];

async function isInstalled(shell: Shell): Promise<boolean> {
  try {
    return (await new Deno.Command(shell, { args: ["--version"], stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test("corral completion prints scripts that know the flags of corral map", async () => {
  for (const [shell, flag] of [["bash", "--joblog"], ["zsh", "--joblog="], ["fish", "-l joblog"]] as const) {
    const { code, stdout, stderr } = await corral(["completion", shell]);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, flag);
    if (!await isInstalled(shell)) continue;
    const parse = new Deno.Command(shell, { args: ["-n", "-c", stdout] });
    assertEquals((await parse.output()).code, 0, `${shell} cannot read its script`);
  }
});

async function testShell(
  shell: Shell,
  missing: string | undefined,
  fn: (folder: string) => Promise<void>,
): Promise<void> {
  const reason = missing ?? (await isInstalled(shell) ? undefined : `${shell} is not installed`);
  const name = `completionScript() completes in ${shell}`;
  const body = () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/script`, completionScript(shell, "corral", COMMANDS));
      await Deno.writeTextFile(`${folder}/records.txt`, "");
      await fn(folder);
    });
  Deno.test({ name: reason ? `${name} (skipped: ${reason})` : name, ignore: reason !== undefined, fn: body });
}

async function run(shell: Shell, cwd: string, args: string[]): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(shell, { args, cwd, env: { HOME: cwd } }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "").map((line) => line.split("\t")[0]!);
}

await testShell("bash", undefined, async (folder) => {
  const ask = (...words: string[]) => {
    const script =
      `source ./script; COMP_WORDS=(corral "$@"); COMP_CWORD=$#; _corral; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run("bash", folder, ["--norc", "-c", script, "bash", ...words]);
  };
  assertEquals(await ask(""), ["map", "completion", "--help", "--version"]);
  assertEquals(await ask("map", "--j"), ["--jobs", "--joblog"]);
  assertEquals(await ask("map", "--in", "n"), ["ndjson", "nul"]);
  assertEquals(await ask("map", "--in", "=", "c"), ["csv"]);
  assertEquals(await ask("map", "--in", "="), ["ndjson", "nul", "csv"]);
  assertEquals(await ask("map", "--bar", "="), ["line", "full"]);
  assertEquals(await ask("map", "--bar", ""), []);
  assertEquals(await ask("--in", "map", "--u"), ["--unordered"]);
  assertEquals(await ask("completion", "f"), ["fish"]);
});

await testShell("fish", undefined, async (folder) => {
  const ask = (line: string) =>
    run("fish", folder, ["--no-config", "-c", 'source ./script; complete -C "$argv[1]"', line]);
  assertEquals(await ask("corral "), ["completion", "map"]);
  assertEquals(await ask("corral map --j"), ["--joblog", "--jobs"]);
  assertEquals(await ask("corral map --in n"), ["ndjson", "nul"]);
  assertEquals(await ask("corral map --bar="), ["--bar=full", "--bar=line"]);
  assertEquals(await ask("corral map rec"), ["records.txt"]);
  assertEquals(await ask("corral map --joblog rec"), ["records.txt"]);
  assertEquals(await ask("corral map -j "), []);
  assertEquals(await ask("corral completion f"), ["fish"]);
});

await testShell("zsh", noTerminal, async (folder) => {
  const start = `cd ${folder}; exec zsh -f -i`;
  await using terminal = await Terminal.open(start, { columns: 100, rows: 30, env: { PS1: "'> '" } });
  await terminal.press("autoload -U compinit; compinit -D; source ./script; PS1='ready> '; clear", "Enter");
  await terminal.shows("ready>");
  for (
    const [typed, completed] of [
      ["corral m", "corral map"],
      ["corral map --un", "corral map --unordered"],
      ["corral map --in=c", "corral map --in=csv"],
      ["corral map --in nd", "corral map --in ndjson"],
      ["corral map --bar=f", "corral map --bar=full"],
      ["corral map rec", "corral map records.txt"],
      ["corral completion f", "corral completion fish"],
    ]
  ) {
    await terminal.press(typed!, "Tab");
    await terminal.shows(`ready> ${completed}`);
    await terminal.press("C-u");
  }
});
