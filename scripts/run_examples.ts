// deno-lint-ignore-file no-console
/**
 * Runs the program of every folder in `examples/` as a user does and checks it, by its test; prints a line for each.
 *
 *     deno task examples [name...]
 *
 * Programs run one after another: each may use all CPUs, and one that waits for another would be measured wrongly.
 */

const ROOT = new URL("../", import.meta.url);

/** What became of one program. */
export interface ExampleRun {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** The file with the tests of each program, by its name. */
export async function findExampleTests(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const folder of Deno.readDir(new URL("tests/examples/", ROOT))) {
    for await (const { name } of Deno.readDir(new URL(`tests/examples/${folder.name}/`, ROOT))) {
      found.set(name.replace(/_test\.ts$/, ""), `tests/examples/${folder.name}/${name}`);
    }
  }
  return found;
}

/** Runs the tests of one program. */
async function runTests(name: string, file: string): Promise<ExampleRun> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["task", "--quiet", "test", file],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { name, ok: success, seconds: (performance.now() - start) / 1000, output: `${output}${errors}` };
}

/** The line for a program. Skipped tests are told: a program that was not run has not been checked. */
export function describe({ name, ok, seconds, output }: ExampleRun): string {
  const [, ignored] = / \| (\d+) ignored/.exec(output) ?? [];
  const skipped = ignored === undefined ? "" : `  (tests skipped: ${ignored})`;
  return `${ok ? "ok    " : "FAILED"}  ${name.padEnd(20)}${seconds.toFixed(1).padStart(6)} s${skipped}`;
}

if (import.meta.main) {
  const all = (await Array.fromAsync(Deno.readDir(new URL("examples/", ROOT)), ({ name }) => name)).sort();
  const unknown = Deno.args.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    console.error(`Cannot run ${unknown.join(", ")}: no such example, wanted some of ${all.join(", ")}`);
    Deno.exit(2);
  }
  const tests = await findExampleTests();
  const runs: ExampleRun[] = [];
  for (const name of Deno.args.length > 0 ? Deno.args : all) {
    const run = await runTests(name, tests.get(name)!);
    console.log(describe(run));
    if (!run.ok) console.error(run.output);
    runs.push(run);
  }
  const failed = runs.filter(({ ok }) => !ok);
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  console.log(`${runs.length - failed.length} of ${runs.length} examples as they should be, ${seconds.toFixed(0)} s`);
  if (failed.length > 0) Deno.exit(1);
}
