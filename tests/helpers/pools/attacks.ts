/** Programs with a heap of 128 MiB and two workers, one of which attacks while the other works. */
import { assert, assertEquals } from "@std/assert";
import { LIBRARY } from "../programs/packages.ts";

/** What became of a program under an attack. */
export interface Outcome {
  /** How the hostile task ended. */
  readonly outcome: string;
  /** How often the other worker was called meanwhile. */
  readonly done: number;
  /** What a call gave afterwards. */
  readonly after: number;
  readonly grownMiB: number;
  /** How late a timer of 10 ms was, of a hundred the second worst and the worst: for people. */
  readonly p99Ms: number;
  readonly worstMs: number;
}

/** The modules that hold attacks, in `tests/fixtures/attacks`. */
export type AttackModule = "costly_messages" | "costly_floods";

const LIMIT_MIB = 256;

/** Runs a program under an attack. It must have lived to say so, and still work. */
export async function underAttack(module: AttackModule, name: string, ...args: unknown[]): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-run",
      "--allow-read",
      "--allow-env",
      "--v8-flags=--max-old-space-size=128",
      new URL("../../fixtures/attacks/under_attack.ts", import.meta.url).pathname,
      name,
      JSON.stringify(args),
      module,
      LIBRARY,
    ],
  }).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stderr));
  const result: Outcome = JSON.parse(text.decode(stdout));
  assertEquals(result.after, 50_000, "the pool does not work any more");
  assert(result.done > 0, "the other worker did nothing meanwhile");
  assert(result.grownMiB < 2 * LIMIT_MIB, `the program grew by ${result.grownMiB} MiB`);
  return result;
}
