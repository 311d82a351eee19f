import { makeLocalBackend } from "@corral/multiprocessing/backend";
import { RUNNER_SOURCE } from "../run/runner_source.js";
import type { ServedSite } from "../runner/served_runner.ts";
import { SERVED_FUNCTION } from "./block_report.ts";
import type { AgentHost } from "./cluster_package.ts";
import { servedName } from "./code_name.ts";
import { ServedBackend } from "./served_backend.ts";

/** What makes an agent of `@corral/cluster` one that serves `corral map --cluster`. See `docs/decisions/command.md`. */
export const MAP_HOST: AgentHost = {
  command: "corral agent",
  purpose: "Runs records for corral map --cluster, on this machine's workers.",
  without: ["init", "concurrency", "trace"],
  refusal: ({ moduleUrl, allowInline }) =>
    moduleUrl !== undefined || allowInline
      ? undefined
      : "Cannot start: there is no function, wanted the MODULE whose exports it may call, or --allow-inline for those of corral map -e",
  codeName: servedName,
  open: (options, { name, moduleUrl, allowInline }, onOutput) => {
    const inner = makeLocalBackend({
      ...options,
      // The only text is the agent's own: orders name it, and nothing of them is compiled but by it.
      functions: "any",
      // A record that is out of time has had its grace before.
      abortGraceMs: 0,
    }, {
      output: (_worker, taskId, _stream, bytes) => {
        onOutput(taskId, bytes);
        backend.print(taskId, bytes);
      },
    });
    const source = servedText({ module: moduleUrl ?? null, runsText: allowInline });
    const backend = new ServedBackend(inner, name, { kind: "source", name: SERVED_FUNCTION, source });
    return backend;
  },
};

/** The function that workers run, as text. Its name stands in stacks, where the frames of the runner are left out by it. */
function servedText(site: ServedSite): string {
  return `async function ${SERVED_FUNCTION}(job, bytes, order) {
const serve = globalThis[Symbol.for("@corral/cli/served")] ??= (() => {
${RUNNER_SOURCE}
return createServedRunner(${JSON.stringify(site)});
})();
return await serve(job, bytes, order);
}`;
}
