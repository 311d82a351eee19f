// deno-lint-ignore-file no-console
/**
 * Runs the test files in some processes of `deno test`, a few at once, and tells the failures of all last.
 *
 *     deno run --allow-run=deno --allow-read=. scripts/run_tests.ts [--temp=FOLDER [--together=FILES] [--packages]] [flags of every run] -- [path] [flags]
 *
 * With a path or flags behind `--` there is one run, as of `deno test` alone. `--parallel` would run files beside each other in one process, and tests
 * look at the children and at the open files of the process that they are in.
 *
 * With `--temp`, a folder of the run's own is made in that one. With `--together`, as many files of a folder share a process, one after the other: a file there
 * imports them. `deno test` takes 0.8 s of processor time to begin with a file: it fills 80 MB for benchmarks, and the file loads the library again. With
 * `--packages`, what is published is made there too, once for all tests: the programs that they start load it faster than the sources, see
 * `tests/helpers/programs/packages.ts`.
 */

import { parseArgs } from "@std/cli";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Tests start processes and hold memory: more at once than this would be in each other's way on any machine. */
const MOST_AT_ONCE = 4;

/** Folders that take longest, those with the longest first. */
const LONG = [
  "tests/hostile/",
  "tests/faults/",
  "tests/soak/",
  "tests/process/",
  "tests/cli/",
  "tests/scripts/",
  "tests/docs/",
  "tests/sync/",
  "tests/wire/",
  "tests/permissions/",
  "tests/examples/",
  "tests/worker/",
  "tests/hub/",
  "tests/limits/",
  "tests/pool/",
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

/** Files that one `deno test` runs. */
interface Part {
  /** What its lines begin with. */
  readonly name: string;
  readonly args: readonly string[];
}

/** What this script takes for itself, with a value for each flag. */
interface Options {
  readonly temp?: string;
  readonly together: string;
  readonly packages: boolean;
}

/** Where and how many files become one part. */
interface Sharing {
  readonly temp: string;
  readonly together: number;
}

/** Sorts the lines of a part: those of tests are to be shown at once, with its name, its failures and its summary when all parts have ended. */
export class PartOutput {
  readonly #prefix: string;
  readonly #lines: string[] = [];
  readonly #failures: string[] = [];
  #summary = "";

  /** @param name What the lines of tests begin with, `""` for nothing */
  constructor(name: string) {
    this.#prefix = name === "" ? "" : `${name} => `;
  }

  /** Takes the next line. Returns it if it is to be shown. */
  add(line: string): string | undefined {
    this.#lines.push(line);
    if (/^running \d+ tests? from /.test(line)) return;
    if (/^(ok|FAILED) \| \d+ passed/.test(line)) this.#summary = line;
    else if (line.trim() === "ERRORS" || this.#failures.length > 0) this.#failures.push(line);
    else if (line !== "") return this.#prefix + line;
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
 * Makes the packages in a folder. Returns the variable that tells tests of them. There is none where they cannot be made, since Deno gets its
 * bundler from npm: programs then load the sources.
 */
async function makePackages(folder: string): Promise<Record<string, string>> {
  const script = fileURLToPath(new URL("packaging/build_packages.ts", import.meta.url));
  const args = ["run", "--quiet", "--no-prompt", "--allow-read", `--allow-write=${folder}`, "--allow-run=deno"];
  const build = new Deno.Command("deno", { args: [...args, script, folder], stdin: "null", stdout: "null" });
  const { success } = await build.output();
  if (!success) return {};
  await Deno.copyFile(fileURLToPath(new URL("../deno.lock", import.meta.url)), `${folder}/deno.lock`);
  return { CORRAL_TEST_PACKAGES: `${pathToFileURL(folder)}/` };
}

/** Runs `deno` to its end, and prints what is to be shown. */
async function runPart({ name, args }: Part, env: Record<string, string>): Promise<PartOutcome> {
  const child = new Deno.Command("deno", {
    args: [...args],
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new PartOutput(name);
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

/** The test files of this folder, those first that are in folders which take long: no lane is left alone with one of them at the end. */
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
  return found.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

/**
 * The parts of these files: as many of one folder as may be `together`, such as `tests/hub` with all that is below it, are one file in `temp`, which imports them.
 *
 * Neighbours go to different parts: those that take long often have names alike.
 */
async function partsOf(paths: readonly string[], { temp, together }: Sharing): Promise<Part[]> {
  const folders = Object.entries(Object.groupBy(paths, (path) => path.split("/").slice(0, -1).slice(0, 2).join("/")));
  const parts = folders.flatMap(([folder, files]) => {
    const count = Math.ceil(files!.length / together);
    return Array.from({ length: count }, (_, at) => ({
      name: count === 1 ? folder : `${folder}, part ${at + 1}`,
      files: files!.filter((_, n) => n % count === at),
    }));
  });
  return await Promise.all(parts.map(async ({ name, files }, at) => {
    if (files.length === 1) return partOf(files[0]!);
    const file = `${temp}/part_${at}_test.ts`;
    await Deno.writeTextFile(file, files.map((path) => `import "${pathToFileURL(path)}";\n`).join(""));
    return { name, args: [file] };
  }));
}

/** The part of one file. */
function partOf(path: string): Part {
  return { name: path, args: [path] };
}

/** Runs parts, `atOnce` at a time. */
async function runParts(
  parts: readonly Part[],
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
async function runAll(flags: readonly string[], env: Record<string, string>, sharing?: Sharing): Promise<void> {
  const startedAt = performance.now();
  // Types are checked once, for all files, beside the first tests: as `deno task static` does it, which then finds that done.
  const types: Part = { name: "", args: ["check", "--quiet"] };
  const ignored = flags.filter((flag) => flag.startsWith("--ignore=")).flatMap((flag) => flag.slice(9).split(","));
  const paths = await findTests(ignored);
  const parts = sharing === undefined ? paths.map(partOf) : await partsOf(paths, sharing);
  const tests = parts.map(({ name, args }) => ({ name, args: ["test", ...flags, "--no-check", ...args] }));
  // Tests wait now and then, for a limit or for a process: with three at once, two processors stood still for a seventh of the time.
  const outcomes = await runParts([types, ...tests], Math.min(navigator.hardwareConcurrency * 2, MOST_AT_ONCE), env);
  const failures = outcomes.map(({ failures }) => failures).filter((text) => text !== "");
  if (failures.length > 0) console.log(["\nERRORS", ...failures].join("\n\n"));
  console.log(`\n${summarize(outcomes)} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
  if (outcomes.some(({ code }) => code !== 0)) Deno.exitCode = 1;
}

/** The same with a new folder in the one that the options name, which is removed in the end. */
async function runAllIn(options: Options, flags: readonly string[], env: Record<string, string>): Promise<void> {
  const temp = await Deno.makeTempDir({ dir: options.temp!, prefix: "corral-tests-" });
  try {
    const packages = options.packages ? await makePackages(temp) : {};
    await runAll(flags, { ...env, ...packages }, { temp, together: Number(options.together) });
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
}

if (import.meta.main) {
  const border = Deno.args.indexOf("--");
  const flags: string[] = [];
  const options = parseArgs(Deno.args.slice(0, border), {
    string: ["temp", "together"],
    boolean: ["packages"],
    default: { together: "1" },
    unknown: (flag) => (flags.push(flag), false),
  });
  const given = Deno.args.slice(border + 1);
  const env = await cacheVariable();
  if (given.length > 0) {
    const run = new Deno.Command("deno", { args: ["test", ...flags, ...given], env, stdin: "inherit" }).spawn();
    Deno.exitCode = (await run.status).code;
  } else if (options.temp === undefined) await runAll(flags, env);
  else await runAllIn(options, flags, env);
}
