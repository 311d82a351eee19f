// deno-lint-ignore-file no-console
/**
 * Runs `deno test` in parts, as many at once as there are processors, and tells the failures of all parts last.
 *
 *     deno run --allow-run=deno scripts/run_tests.ts [flags of every run] -- [path] [flags]
 *
 * With a path or flags behind `--` there is one run, as of `deno test` alone. Each part is a process of its own, which `--parallel` does
 * not give: tests look at the children and at the open files of the process that they are in.
 */

/** Tests start processes and hold memory: more at once than this would be in each other's way on any machine. */
const MOST_AT_ONCE = 4;
/** The files of a folder take alike long, so small parts even out. One more costs half a second. */
const PARTS_FOR_EACH = 8;

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

/** Runs a part to its end, and prints what is to be shown. */
async function runPart(args: readonly string[]): Promise<PartOutcome> {
  const child = new Deno.Command("deno", {
    args: ["test", ...args],
    env: { NO_COLOR: "1" },
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

/** Runs parts, `atOnce` at a time. */
async function runParts(parts: readonly (readonly string[])[], atOnce: number): Promise<PartOutcome[]> {
  const outcomes: PartOutcome[] = [];
  const left = [...parts];
  const next = async (): Promise<void> => {
    for (let part; (part = left.shift()) !== undefined;) outcomes.push(await runPart(part));
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  return outcomes;
}

if (import.meta.main) {
  const border = Deno.args.indexOf("--");
  const flags = Deno.args.slice(0, border);
  const given = Deno.args.slice(border + 1);
  if (given.length > 0) {
    const run = new Deno.Command("deno", { args: ["test", ...flags, ...given], stdin: "inherit" }).spawn();
    Deno.exit((await run.status).code);
  }
  const startedAt = performance.now();
  const atOnce = Math.min(navigator.hardwareConcurrency, MOST_AT_ONCE);
  const count = atOnce * PARTS_FOR_EACH;
  // Types are checked once, for all files, beside the first parts.
  const types = [...flags, "--quiet", "--no-run"];
  const parts = Array.from(
    { length: count },
    (_, n) => [...flags, "--no-check", `--shard=${n + 1}/${count}`],
  );
  const outcomes = await runParts([types, ...parts], atOnce);
  const failures = outcomes.map(({ failures }) => failures).filter((text) => text !== "");
  if (failures.length > 0) console.log(["\nERRORS", ...failures].join("\n\n"));
  console.log(`\n${summarize(outcomes)} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
  if (outcomes.some(({ code }) => code !== 0)) Deno.exit(1);
}
