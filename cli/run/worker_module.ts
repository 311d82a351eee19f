import type { RunnerSettings } from "../runner/protocol.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";

/** How long a function may take to heed the end of its time before its worker is ended. */
export const GRACE_MS = 500;

const CHILD_URL = import.meta.resolve("@corral/multiprocessing/child");
const RUNNER_URL = new URL("../runner/main.ts", import.meta.url).href;

/** The module that workers load: it joins the user's function to the runner. */
export function workerModule(options: CliMapOptions): URL {
  const source = [
    `import{blockRunner,exportedFunction}from${JSON.stringify(RUNNER_URL)};`,
    `import{task}from${JSON.stringify(CHILD_URL)};`,
    `import*as job from${JSON.stringify(options.module.href)};`,
    `export const runBlock=blockRunner(task,job,${JSON.stringify(options.export)},${
      JSON.stringify(runnerSettings(options))
    });`,
    ...(options.initializer === undefined
      ? []
      : [`export const initialize=exportedFunction(job,${JSON.stringify(options.initializer)});`]),
  ].join("");
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

/** What the runner must know of a run. */
export function runnerSettings(options: CliMapOptions): RunnerSettings {
  const { input, table, output, tagged, batch, retries, retryOn, throttle } = options;
  return {
    input: table !== undefined ? "table" : input === "lines" || input === "nul" ? "text" : "json",
    delimiter: input === "nul" ? "\0" : "\n",
    ...(table === undefined ? {} : { table: { dialect: table.dialect, infers: table.infers } }),
    // Rows get their columns from the first result, which only the parent knows.
    output: output === "csv" || output === "tsv" ? "ndjson" : output,
    tagged,
    batch,
    isPaced: throttle.perSecond !== undefined,
    retries,
    retryErrors: retryOn.has("error"),
    retryTimeouts: retryOn.has("timeout"),
    graceMs: GRACE_MS,
  };
}

/** Never called: it makes the runner part of this program's module graph, and so of the cache that workers load from. */
export function anchorRunner(): Promise<unknown> {
  return import("../runner/main.ts");
}
