// deno-lint-ignore-file no-console
/**
 * Runs each test file in a `deno test` of its own, some at once, and tells the failures of all last.
 *
 *     deno run --allow-run=deno --allow-read=. scripts/run_tests.ts [--packages=FOLDER] [flags of every run] -- [path] [flags]
 *
 * With a path or flags behind `--` there is one run, as of `deno test` alone. `--parallel` would run all files in one process, and tests
 * look at the children and at the open files of the process that they are in. A process more costs less than waiting for the last of a
 * few large parts, and no more than `deno test` takes to go on with its next file.
 *
 * With `--packages`, what is published is made in a folder in that one, once for all tests: the programs that they start load it faster than the
 * sources, see `tests/helpers/programs/packages.ts`.
 */

import { fileURLToPath, pathToFileURL } from "node:url";

/** Tests start processes and hold memory: more at once than this would be in each other's way on any machine. */
const MOST_AT_ONCE = 4;

/** Folders whose files take longest, and such files of other folders, those with the longest first. */
const LONG = [
  "tests/hostile/",
  "tests/faults/",
  "tests/soak/",
  "tests/process/",
  "tests/cli/",
  "tests/docs/",
  "tests/wire/lines_test.ts",
  "tests/wire/codec_test.ts",
  "tests/limits/",
  "tests/examples/",
  "tests/worker/",
];

const KINDS = ["passed", "failed", "ignored"] as const;

/** How a part went. */
export interface PartOutcome {
  readonly code: number;
  /** Its last line, with the counts, if it came so far. */
  readonly summary: string;
  /** What it said of its failures, or all that it said if it has no summary. */
  readonly failures: string;
}

/** Sorts the lines of a part: those of tests are to be shown at once, with their file, its failures and its summary when all parts have ended. */
export class PartOutput {
  #file = "";
  readonly #lines: string[] = [];
  readonly #failures: string[] = [];
  #summary = "";

  /** Takes the next line. Returns it if it is to be shown. */
  add(line: string): string | undefined {
    this.#lines.push(line);
    const [, file] = /^running \d+ tests? from (.*)$/.exec(line) ?? [];
    if (file !== undefined) this.#file = `${file} => `;
    else if (/^(ok|FAILED) \| \d+ passed/.test(line)) this.#summary = line;
    else if (line.trim() === "ERRORS" || this.#failures.length > 0) this.#failures.push(line);
    else if (line !== "") return this.#file + line;
  }

  /** The outcome, when the part has ended with `code`. */
  end(code: number): PartOutcome {
    const told = this.#summary === "" ? this.#lines : this.#failures;
    return { code, summary: this.#summary, failures: code === 0 ? "" : told.join("\n").trim() };
  }
}

/** The last line, in the words of `deno test`. */
export function summarize(outcomes: readonly PartOutcome[]): string {
  const counts = KINDS.map((kind) => {
    const inParts = outcomes.map(({ summary }) => Number(new RegExp(` (\\d+) ${kind}\\b`).exec(summary)?.[1] ?? 0));
    return `${inParts.reduce((sum, count) => sum + count, 0)} ${kind}`;
  });
  return `${outcomes.every(({ code }) => code === 0) ? "ok" : "FAILED"} | ${counts.join(" | ")}`;
}

/**
 * What tells tests where the cache is. They start programs that may read `DENO_DIR` and no other variable, so without it those would find
 * the cache in its usual place only: not on a machine where `XDG_CACHE_HOME` or another `HOME` has moved it.
 */
async function cacheVariable(): Promise<Record<string, string>> {
  const args = ["info", "--json", "--quiet"];
  const { stdout } = await new Deno.Command("deno", { args, stdin: "null", stderr: "inherit" }).output();
  return { DENO_DIR: JSON.parse(new TextDecoder().decode(stdout)).denoDir };
}

/**
 * Makes the packages in a new folder in this one, calls `body` with the variable that tells tests of them, and removes them. There is no variable
 * where they cannot be made, since Deno gets its bundler from npm: programs then load the sources.
 */
async function withPackages<R>(parent: string, body: (env: Record<string, string>) => Promise<R>): Promise<R> {
  const folder = await Deno.makeTempDir({ dir: parent, prefix: "corral-tests-" });
  try {
    const script = fileURLToPath(new URL("packaging/build_packages.ts", import.meta.url));
    const args = ["run", "--quiet", "--no-prompt", "--allow-read", `--allow-write=${folder}`, "--allow-run=deno"];
    const build = new Deno.Command("deno", { args: [...args, script, folder], stdin: "null", stdout: "null" });
    const { success } = await build.output();
    if (!success) return await body({});
    await Deno.copyFile(fileURLToPath(new URL("../deno.lock", import.meta.url)), `${folder}/deno.lock`);
    return await body({ CORRAL_TEST_PACKAGES: `${pathToFileURL(folder)}/` });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `deno` to its end, and prints what is to be shown. */
async function runPart(args: readonly string[], env: Record<string, string>): Promise<PartOutcome> {
  const child = new Deno.Command("deno", {
    args: [...args],
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new PartOutput();
  const show = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      const shown = lines.map((line) => output.add(line)).filter((line) => line !== undefined);
      if (shown.length > 0) console.log(shown.join("\n"));
    }
    if (rest !== "") console.log(output.add(rest) ?? "");
  };
  const [{ code }] = await Promise.all([child.status, show(child.stdout), show(child.stderr)]);
  return output.end(code);
}

/** The test files of this folder, those first that are in folders whose files take long: no lane is left alone with one of them at the end. */
export async function findTests(ignored: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = folder === "." ? name : `${folder}/${name}`;
      if (!isDirectory) found.push(...(name.endsWith("_test.ts") ? [path] : []));
      else if (!name.startsWith(".") && name !== "node_modules" && !ignored.includes(path)) await walk(path);
    }
  };
  await walk(".");
  const order = [...LONG, ""];
  const place = (path: string): number => order.findIndex((folder) => path.startsWith(folder));
  return found.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

/** Runs parts, `atOnce` at a time. */
async function runParts(
  parts: readonly (readonly string[])[],
  atOnce: number,
  env: Record<string, string>,
): Promise<PartOutcome[]> {
  const outcomes: PartOutcome[] = [];
  const left = [...parts];
  const next = async (): Promise<void> => {
    for (let part; (part = left.shift()) !== undefined;) outcomes.push(await runPart(part, env));
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  return outcomes;
}

/** Runs all tests, and tells how they went. */
async function runAll(flags: readonly string[], env: Record<string, string>): Promise<void> {
  const startedAt = performance.now();
  // Types are checked once, for all files, beside the first tests: as `deno task static` does it, which then finds that done.
  const types = ["check", "--quiet"];
  const ignored = flags.filter((flag) => flag.startsWith("--ignore=")).flatMap((flag) => flag.slice(9).split(","));
  const tests = (await findTests(ignored)).map((file) => ["test", ...flags, "--no-check", file]);
  // Tests wait now and then, for a limit or for a process: one more than there are processors keeps these busy.
  const outcomes = await runParts([types, ...tests], Math.min(navigator.hardwareConcurrency + 1, MOST_AT_ONCE), env);
  const failures = outcomes.map(({ failures }) => failures).filter((text) => text !== "");
  if (failures.length > 0) console.log(["\nERRORS", ...failures].join("\n\n"));
  console.log(`\n${summarize(outcomes)} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
  if (outcomes.some(({ code }) => code !== 0)) Deno.exitCode = 1;
}

if (import.meta.main) {
  const border = Deno.args.indexOf("--");
  const packages = "--packages=";
  const own = Deno.args.slice(0, border);
  const parent = own.find((flag) => flag.startsWith(packages));
  const flags = own.filter((flag) => flag !== parent);
  const given = Deno.args.slice(border + 1);
  const env = await cacheVariable();
  if (given.length > 0) {
    const run = new Deno.Command("deno", { args: ["test", ...flags, ...given], env, stdin: "inherit" }).spawn();
    Deno.exitCode = (await run.status).code;
  } else if (parent === undefined) await runAll(flags, env);
  else await withPackages(parent.slice(packages.length), (variable) => runAll(flags, { ...env, ...variable }));
}
