/** Many small pieces of a program, each with workers of its own, in one program: starting it costs as much as a worker. */
import { assertEquals } from "@std/assert";
import { type ProgramOptions, runProgram } from "./program.ts";

const MARK = "== piece ";

/**
 * Runs pieces of text one after the other in one program, where `Pool` is in scope and `pool` is one with a worker that is new to each piece.
 * Returns what each printed on stdout, by its name, also the error of one that throws; and what all printed on stderr.
 */
export async function printedByEach(
  pieces: Readonly<Record<string, string>>,
  options?: ProgramOptions,
): Promise<{ printed: Record<string, string>; stderr: string }> {
  const body = Object.entries(pieces).map(([name, piece]) => `
    console.log(${JSON.stringify(MARK + name)});
    try {
      await using pool = new Pool({ workers: 1 });
      ${piece}
    } catch (error) {
      console.log("thrown:", error);
    }`);
  const { code, stdout, stderr } = await runProgram(body.join("\n"), options);
  assertEquals(code, 0, stderr);
  const texts = stdout.split(MARK).slice(1).map((text) => text.split(/\n(.*)/s) as [string, string]);
  return { printed: Object.fromEntries(texts.map(([name, text]) => [name, text])), stderr };
}

/** The same keys, each with what `change` makes of its text. */
export function mapTexts(texts: Readonly<Record<string, string>>, change: (text: string) => string) {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, change(text)]));
}
