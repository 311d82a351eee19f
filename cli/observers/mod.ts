import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { RunObserver } from "../records/run_events.ts";

/** Opens those who watch a run. Each loads only when it is wanted. */
export async function openObservers(options: CliMapOptions): Promise<RunObserver[]> {
  const { bar, total, quiet, events, trace, report } = options;
  const { createProgress } = await import("./progress/mod.ts");
  const observers = [await createProgress({ bar, total, quiet })];
  if (events !== undefined) observers.push(await (await import("./event_log.ts")).createEventLog(events));
  if (trace !== undefined) observers.push(await (await import("./trace.ts")).createTrace(trace));
  if (report !== undefined) observers.push(await (await import("./report/mod.ts")).createReport(report));
  return observers;
}
