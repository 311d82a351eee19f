import { inlineModule } from "./inline_text.ts";
import { type BlockOrder, NoFunctionError, type Piece, type RemoteJob } from "./protocol.ts";
import { createRunner, type Runner } from "./runner.ts";

/** What an agent lets the runs of others use. It is the agent's own, and never comes with a block. */
export interface ServedSite {
  /** The URL of the module whose exports may be called; `null` for none. */
  readonly module: string | null;
  /** Whether functions that come as text, those of `-e`, may be called. */
  readonly runsText: boolean;
}

/** Runs a block of the run that `job` describes, as JSON; without one, it only makes the worker ready for blocks of that run. */
export type ServedRunner = (job: string, bytes?: Uint8Array, order?: BlockOrder) => Promise<Piece | undefined>;

/** A worker of an agent outlives runs: so many of them are kept ready. */
const MOST_RUNS = 8;

/** Makes what a worker of an agent does, for any run. */
export function createServedRunner(site: ServedSite): ServedRunner {
  const runners = new Map<string, Promise<Runner>>();

  async function open(job: string): Promise<Runner> {
    const remote = JSON.parse(job) as RemoteJob;
    const { source } = remote;
    const runner = createRunner({ ...remote, module: source === null ? ownModule() : textModule(source) });
    await runner.begin();
    return runner;
  }

  function ownModule(): string {
    if (site.module !== null) return site.module;
    throw new NoFunctionError("Cannot run the function: this agent has no module, it was started for -e alone");
  }

  function textModule(source: string): string {
    if (site.runsText) return inlineModule(source);
    throw new NoFunctionError("Cannot run -e: this agent compiles no text, start it with --allow-inline");
  }

  return async (job, bytes, order) => {
    let runner = runners.get(job);
    if (runner === undefined) {
      for (const oldest of runners.keys()) if (runners.size >= MOST_RUNS) runners.delete(oldest);
      runners.set(job, runner = open(job));
      runner.catch(() => runners.delete(job));
    }
    const ready = await runner;
    return bytes === undefined ? undefined : await ready.run(bytes, order!);
  };
}
