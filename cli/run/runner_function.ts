import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { BlockOrder, Piece, RunnerJob, RunnerSettings } from "../runner/protocol.ts";
import { cellStyle } from "../runner/table_cells.ts";
import { RUNNER_SOURCE } from "./runner_source.ts";

/** How long a function may take to react to the end of its time before its worker is ended. */
export const GRACE_MS = 500;

/** Runs a block in a worker; without one, it makes the worker ready for blocks. */
export type RunnerFunction = (bytes?: Uint8Array, order?: BlockOrder) => Promise<Piece | undefined>;

/**
 * The function that workers run. It goes there as text, as any function does that stands on its own: then nothing of the
 * command need be in the cache of the machine, or be readable for a worker whose module is not trusted. See
 * docs/decisions/command.md.
 */
export function runnerFunction(options: CliMapOptions): RunnerFunction {
  const { module, export: name, initializer } = options;
  const job: RunnerJob = {
    module: module.href,
    export: name,
    initializer: initializer ?? null,
    settings: runnerSettings(options),
  };
  // The name stands in stacks, where the frames of the runner are left out by it.
  const text = `async function corralMap(bytes, order) {
const runner = globalThis[Symbol.for("@corral/cli/runner")] ??= (() => {
${RUNNER_SOURCE}
return createRunner(${JSON.stringify(job)});
})();
return bytes === undefined ? await runner.begin() : await runner.run(bytes, order);
}`;
  return (0, eval)(`(${text})`);
}

/** What the runner must know of a run. */
export function runnerSettings(options: CliMapOptions): RunnerSettings {
  const { input, table, output, csvSafe, tagged, batch, retries, retryOn, throttle } = options;
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
    graceMs: GRACE_MS,
  };
}
