// Unit: that no limit of time is left out by the other tests of this folder. It runs `deno doc`.
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { WAITS } from "./waits.ts";

/** All that the tests of this folder try, as the documentation calls it. `WaitOptions` are those of each wait for a shared object. */
const LIMITS_TESTED = [
  "AsCompletedOptions.timeoutMs",
  "AsyncResult.get.timeoutMs",
  "AsyncResult.wait.timeoutMs",
  "BarrierOptions.timeoutMs",
  "Connection.poll.timeoutMs",
  "ExecutorMapOptions.timeoutMs",
  "Future.exception.timeoutMs",
  "Future.result.timeoutMs",
  "ParentProcess.join.timeoutMs",
  "Pool.drain.wait.timeoutMs",
  "PoolOptions.abortGraceMs",
  "PoolOptions.idleTimeoutMs",
  "PoolOptions.scopeTimeoutMs",
  "PoolOptions.startTimeoutMs",
  "PoolOptions.taskTimeoutMs",
  "Process.join.timeoutMs",
  "TaskOptions.timeoutMs",
  "WaitOptions.timeoutMs",
  "WorkerLaunchOptions.killGraceMs",
];

/** What was measured, and what a backend or an error is told of a limit that was checked before. */
const NO_LIMIT =
  /\b(?:durationMs|totalMs|waitedMs|meanMs|fromMs|toMs|maxMs|p\d\dMs)$|^(?:TaskRequest|TaskTimeoutError)\b/;

Deno.test("Every limit of time that the library documents is in the tests of this folder", async () => {
  const found = new Set<string>();
  collect(await documentation(), [], found);
  assertEquals([...found].filter((name) => !NO_LIMIT.test(name)).toSorted(), LIMITS_TESTED);
});

Deno.test("Every method that takes WaitOptions is in the tests of this folder", async () => {
  const symbols = Object.values((await documentation()).nodes).flatMap(({ symbols }) => symbols);
  const found = symbols.flatMap(({ name, declarations }) =>
    declarations.filter(({ kind }) => kind === "class").flatMap(({ def }) => def?.methods ?? [])
      .filter((method) => /"(?:Wait|ReceiveBytes)Options"/.test(JSON.stringify(method)))
      .map((method) => `${name}.${method.name}`)
  );
  const tested = Object.keys(WAITS).filter((name) => name !== "Connection.poll").map((name) =>
    name.replace(/^\w+(?=\.(?:acquire|use)$)/, "Acquirable").replace("JoinableQueue.get", "Queue.get")
  );
  assertEquals([...new Set(found)].toSorted(), [...new Set(tested)].toSorted());
});

/** The part of the output of `deno doc --json` that is used. */
interface DocOutput {
  readonly nodes: Record<string, {
    readonly symbols: {
      readonly name: string;
      readonly declarations: {
        readonly kind: string;
        readonly def?: { readonly methods?: { readonly name: string }[] };
      }[];
    }[];
  }>;
}

async function documentation(): Promise<DocOutput> {
  const entries = Object.values(config.exports).map((path) => new URL(`../../${path}`, import.meta.url).pathname);
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["doc", "--json", ...entries] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Adds the names of all that ends in `Ms`, below the names around it. */
function collect(node: unknown, around: readonly string[], found: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  const { name } = node as { name?: unknown };
  const path = typeof name === "string" && name !== "" ? [...around, name] : around;
  if (path !== around && /[a-z]Ms$/.test(name as string)) found.add(path.join("."));
  for (const part of Object.values(node)) collect(part, path, found);
}
