/** Programs with a heap of 128 MiB and two workers, one of which attacks while the other works. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { LIBRARY } from "../programs/packages.ts";

/** What became of a program under an attack. */
export interface Outcome {
  /** How the hostile task ended. */
  readonly outcome: string;
  /** How often the other worker was called meanwhile. */
  readonly done: number;
  /** What a call of the hostile worker, or of the one in its place, gave afterwards. */
  readonly after: number;
  /** How much more memory the program held than before its first attack. */
  readonly grownMiB: number;
  /** How late a timer of 10 ms was, of a hundred the second worst and the worst: for people. */
  readonly p99Ms: number;
  readonly worstMs: number;
}

/** The modules that hold attacks, in `tests/fixtures/attacks`. */
export type AttackModule = "costly_messages" | "costly_floods";

/** The name of one, with its arguments. */
export type Attack = readonly [name: string, ...args: readonly unknown[]];

const LIMIT_MIB = 256;
/** That the other worker works on is to be seen, not how often it is called: it needs no processor of its own. */
const REST_MS = 20;

/** Runs a program under one attack after the other, and tells what became of it in each. Throws if it did not live to the end. */
export async function underAttacks(module: AttackModule, attacks: readonly Attack[]): Promise<Outcome[]> {
  const { code, outcomes, stderr } = await attack(module, attacks, 0);
  assertEquals(code, 0, stderr);
  return outcomes;
}

/** Runs a program under one attack after the other, each of which is a step of the test. It must live through all, and still work after each. */
export async function livesThrough(
  t: Deno.TestContext,
  module: AttackModule,
  steps: readonly { readonly name: string; readonly attack: Attack; readonly outcome: RegExp }[],
): Promise<void> {
  const { code, outcomes, stderr } = await attack(module, steps.map((step) => step.attack), REST_MS);
  for (const [index, { name, outcome }] of steps.entries()) {
    await t.step(name, () => {
      const result = outcomes[index];
      assert(result !== undefined, `the program has ended with ${code}: ${stderr}`);
      assertMatch(result.outcome, outcome);
      assertEquals(result.after, 50_000, "the pool does not work any more");
      assert(result.done > 0, "the other worker did nothing meanwhile");
      assert(result.grownMiB < 2 * LIMIT_MIB, `the program grew by ${result.grownMiB} MiB`);
    });
  }
  assertEquals(code, 0, stderr);
}

async function attack(
  module: AttackModule,
  attacks: readonly Attack[],
  restMs: number,
): Promise<{ code: number; outcomes: Outcome[]; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-run",
      "--allow-read",
      "--allow-env",
      "--v8-flags=--max-old-space-size=128",
      new URL("../../fixtures/attacks/under_attack.ts", import.meta.url).pathname,
      JSON.stringify(attacks),
      module,
      `${restMs}`,
      LIBRARY,
    ],
  }).output();
  const text = new TextDecoder();
  const outcomes: Outcome[] = text.decode(stdout).split("\n").slice(0, -1).map((line) => JSON.parse(line));
  return { code, outcomes, stderr: text.decode(stderr) };
}
