import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { BlockOrder, Piece, RunnerJob, RunnerSettings, Standstills } from "../runner/protocol.ts";
import { cellStyle } from "../runner/tables/table_cells.ts";
import { RUNNER_SOURCE } from "./runner_source.js";

/** How long a function may take to react to the end of its time before its worker is ended. */
export const GRACE_MS = 500;

/** Runs a block in a worker. */
export type RunnerFunction = (bytes: Uint8Array, order: BlockOrder) => Promise<Piece>;

/** What workers run, as functions that stand on their own. */
export interface RunnerFunctions {
  /** Makes a worker ready for blocks: it has the runner, and loads the module. `standstills` are asked about records that took too long. */
  readonly begin: (standstills?: Standstills) => Promise<void>;
  readonly run: RunnerFunction;
}

/** What the runner is found by in a worker. */
const RUNNER = 'globalThis[Symbol.for("@corral/cli/runner")]';

/**
 * The functions that workers run. They go there as text, as any function does that stands on its own: then nothing of the
 * command need be in the cache of the machine, or be readable for a worker whose module is not trusted. The text of the runner goes along
 * once. See docs/decisions/command.md.
 */
export function runnerFunctions(options: CliMapOptions): RunnerFunctions {
  const { module, source = null, export: name, initializer } = options;
  const job: RunnerJob = {
    module: module.href,
    source,
    export: name,
    initializer: initializer ?? null,
    settings: runnerSettings(options),
  };
  // The name stands in stacks, where the frames of the runner are left out by it.
  const begin = `async function corralMap(standstills) {
const runner = ${RUNNER} = (() => {
${RUNNER_SOURCE}
return createRunner(${JSON.stringify(job)}, standstills);
})();
await runner.begin();
}`;
  const run = `async function corralMap(bytes, order) { return await ${RUNNER}.run(bytes, order); }`;
  return { begin: (0, eval)(`(${begin})`), run: (0, eval)(`(${run})`) };
}

/** What the runner must know of a run. */
export function runnerSettings(options: CliMapOptions): RunnerSettings {
  const { input, table, output, csvSafe, tagged, batch, retries, retryOn, throttle, isUntrusted } = options;
  return {
    input: table !== undefined ? "table" : input === "lines" || input === "nul" ? "text" : "json",
    delimiter: input === "nul" ? "\0" : "\n",
    ...(table === undefined ? {} : { table }),
    // Rows get their columns from the first result: until the program knows that, it makes them itself.
    output: output === "csv" || output === "tsv" ? "ndjson" : output,
    ...(output === "csv" || output === "tsv" ? { cells: cellStyle(output, csvSafe) } : {}),
    tagged,
    batch,
    isPaced: throttle.perSecond !== undefined,
    retries,
    retryErrors: retryOn.has("error"),
    retryTimeouts: retryOn.has("timeout"),
    isUntrusted,
    graceMs: GRACE_MS,
  };
}
