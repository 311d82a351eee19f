// End-to-end: a copy of a folder tree that is checked, resumed and killed, run as a user runs it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { type ExampleOutcome, runExample } from "../../helpers/programs/run_example.ts";

const ROOT = new URL("../../../", import.meta.url);
const MAIN = "examples/folder_copy/main.ts";

Deno.test("examples/folder_copy copies a tree with its modes and times, shows its progress, and compares checksums", async () => {
  await withFolders(async (source, target) => {
    await makeTree(source, { "run.sh": 2000, "a/b/large": 2_500_000, "a/empty": 0, "a/b/ü 1": 10, "private": 20 });
    await Deno.mkdir(`${source}/empty folder`);
    await Deno.chmod(`${source}/run.sh`, 0o555);
    await Deno.chmod(`${source}/private`, 0o600);
    await run("ln", "-s", "/etc", `${source}/link`);

    const { lines, stderr, code } = await copy(source, target);
    assertEquals([lines, code], [[
      "5 files, 0 of them already there",
      "5 files copied, 2.5 MB",
      "5 of 5 checksums are the same",
    ], 0]);
    const [skipped, ...bars] = stderr.split("\n");
    assertEquals(skipped, `Not copied, neither a file nor a folder: ${source}/link`);
    assertEquals(bars.at(-1), `${"█".repeat(40)} 100 %`);
    for (const bar of bars) assertMatch(bar, /^█+░* +\d+0 %$/);

    assertEquals(await run("diff", "-r", source, target), `Only in ${source}: link\n`);
    const stats = await Promise.all([source, target].map((folder) => Deno.stat(`${folder}/run.sh`)));
    assertEquals(stats.map(({ mode }) => mode! & 0o777), [0o555, 0o555]);
    assertEquals((await Deno.stat(`${target}/private`)).mode! & 0o777, 0o600);
  });
});

Deno.test("examples/folder_copy copies only what is missing or cut short, and finds what differs", async () => {
  await withFolders(async (source, target) => {
    await makeTree(source, { kept: 100, cut: 3000, removed: 10, altered: 6, changed: 6 });
    assertEquals((await copy(source, target)).code, 0);

    await Deno.truncate(`${target}/cut`, 1500);
    await Deno.remove(`${target}/removed`);
    await Deno.writeTextFile(`${source}/changed`, "longer than before");
    const { mtime } = await Deno.stat(`${target}/altered`);
    await Deno.writeTextFile(`${target}/altered`, "ALTERE");
    await Deno.utime(`${target}/altered`, mtime!, mtime!);

    const { lines, stderr, code } = await copy(source, target);
    assertEquals([lines, code], [[
      "5 files, 2 of them already there",
      "3 files copied, 0.0 MB",
      "4 of 5 checksums are the same",
    ], 1]);
    assertStringIncludes(stderr, `Differs from its source: ${target}/altered`);
    assertEquals(await Deno.readTextFile(`${target}/changed`), "longer than before");
  });
});

Deno.test("examples/folder_copy has workers that may read the source and write the target only, and goes on after SIGKILL", async () => {
  await withFolders(async (source, target) => {
    await makeTree(source, Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`file ${n}`, 4_000_000])));
    let workers = await killMidway(source, target);
    // A busy machine may let the program end before this process runs on.
    for (let round = 1; workers.length === 0 && round < 10; round++) {
      await Deno.remove(target, { recursive: true });
      workers = await killMidway(source, target);
    }

    assert(workers.length > 0);
    for (const worker of workers) {
      const flags = worker.split(" ").filter((word) => word.startsWith("--allow") || word === "-A");
      // Its own input, which it opens and gives back.
      assertEquals(flags.toSorted(), [`--allow-read=${source},/proc/self/fd/3`, `--allow-write=${target}`]);
    }
    const { lines, code } = await copy(source, target);
    const there = Number(/^16 files, (\d+) of them already there$/.exec(lines[0]!)![1]);
    assertMatch(lines[1]!, new RegExp(`^${16 - there} files copied, `));
    assertEquals([lines[2], code], ["16 of 16 checksums are the same", 0]);
  });
});

Deno.test("examples/folder_copy refuses a target within the source, and a call without folders", async () => {
  const within = await runExample("folder_copy", { args: ["docs", "docs/copy"] });
  assertStringIncludes(within.stderr, 'Cannot copy "docs" to "docs/copy": the target lies in the source');
  assertEquals(within.code, 1);
  const without = await runExample("folder_copy");
  assertEquals([without.stderr, without.code], [
    "Cannot copy: the folders are missing, wanted a source and a target",
    2,
  ]);
});

async function withFolders(body: (source: string, target: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/source`, `${folder}/target`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes files of these sizes. */
async function makeTree(root: string, sizes: Record<string, number>): Promise<void> {
  for (const [path, size] of Object.entries(sizes)) {
    await Deno.mkdir(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${root}/${path}`, `${path} `.repeat(Math.ceil(size / path.length)).slice(0, size));
  }
}

/** The header's command, for folders elsewhere. */
function command(source: string, target: string): { args: string[]; cwd: URL } {
  const folders = [`--allow-read=${source},${target}`, `--allow-write=${target}`];
  return { args: ["run", "--quiet", "--no-prompt", "--allow-run=deno", ...folders, MAIN, source, target], cwd: ROOT };
}

/** Stops a copy at its first progress, and kills it; returns its workers' command lines, none if it was at its end. */
async function killMidway(source: string, target: string): Promise<string[]> {
  const { args, cwd } = command(source, target);
  const program = new Deno.Command(Deno.execPath(), { args, cwd, stdout: "null", stderr: "piped" }).spawn();
  const progress = program.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  assertStringIncludes((await progress.read()).value!, "%");
  let workers: string[] = [];
  try {
    program.kill("SIGSTOP");
    workers = (await run("ps", "-o", "args=", "--ppid", String(program.pid))).split("\n")
      .filter((line) => line.includes("data:") && line.includes("--allow-write"));
    program.kill("SIGKILL");
  } catch (error) {
    // The program has ended.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
  await progress.cancel();
  await program.status;
  return workers;
}

function copy(source: string, target: string): Promise<ExampleOutcome> {
  return runExample("folder_copy", {
    args: [source, target],
    flags: [`--allow-read=${source},${target}`, `--allow-write=${target}`],
  });
}

/** What a command prints. `diff` ends with 1 when it finds something. */
async function run(name: string, ...args: string[]): Promise<string> {
  const { code, stdout } = await new Deno.Command(name, { args }).output();
  assert(code <= 1, `${name} ended with ${code}`);
  return new TextDecoder().decode(stdout);
}
