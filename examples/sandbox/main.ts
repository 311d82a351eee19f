// deno-lint-ignore-file no-console
/**
 * Runs three plug-ins that nobody has read: one computes, one looks for a secret, one never ends. The host outlives them all.
 *
 *     deno run --allow-run=deno --allow-read=examples/sandbox examples/sandbox/main.ts
 *
 * The host may read its folder, with the secret in it. A plug-in may read its own folder, since it loads from there, and nothing else.
 */
import { Pool } from "@corral/multiprocessing";

/** What every plug-in exports. */
interface Plugin {
  run(text: string): unknown;
}

const TEXT = "the quick brown fox jumps over the lazy dog and the cat";
const LIMITS = { taskTimeoutMs: 2000, memoryLimitMiB: 64 };

/** Runs a plug-in in a worker of its own, and tells how that went. */
async function runPlugin(name: string): Promise<string> {
  const module = import.meta.resolve(`./plugins/${name}/plugin.ts`);
  await using pool = new Pool<Plugin>({ workers: 1, module, trust: "untrusted", ...LIMITS });
  try {
    return `a result: ${JSON.stringify(await pool.apply("run", [TEXT]))}`;
  } catch (error) {
    return String(error);
  }
}

const names = ["word_count", "spy", "spin"];
const outcomes = await Promise.all(names.map(runPlugin));
for (const [index, name] of names.entries()) console.log(`${name} gave ${outcomes[index]}`);
