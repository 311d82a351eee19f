/** The examples, run as their headers tell users to. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url);
const COMMAND = /^ \* {5}deno (run .+ examples\/\w+\/main\.ts)/m;

/** How an example is run. */
export interface ExampleOptions {
  /** What follows its command. */
  args?: readonly string[];
  /** Flags beside those of its command. */
  flags?: readonly string[];
}

/** What an example did. */
export interface ExampleOutcome {
  readonly lines: readonly string[];
  readonly stderr: string;
  readonly code: number;
}

/** Runs the command in the header of `examples/<name>/main.ts`, with these arguments in place of those it may take. */
export async function runExample(name: string, options: ExampleOptions = {}): Promise<ExampleOutcome> {
  const { args = [], flags = [] } = options;
  const source = await Deno.readTextFile(new URL(`examples/${name}/main.ts`, ROOT));
  const words = COMMAND.exec(source)?.[1]?.split(" ");
  assert(words !== undefined, `examples/${name}/main.ts does not say how to run it`);
  const [run, ...rest] = words;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [run!, "--quiet", "--no-prompt", ...flags, ...rest, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const [lines, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trimEnd());
  return { lines: lines!.split("\n"), stderr: errors!, code };
}

/** The lines that an example printed, which must have ended well and without a complaint. */
export async function linesOf(name: string, options?: ExampleOptions): Promise<readonly string[]> {
  const { lines, stderr, code } = await runExample(name, options);
  assertEquals([code, stderr], [0, ""]);
  return lines;
}
