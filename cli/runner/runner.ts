import { task } from "@corral/multiprocessing/child";
import { BlockRun, type RecordFunction } from "./block_run.ts";
import { type BlockOrder, NoFunctionError, type Piece, type RunnerJob } from "./protocol.ts";

/** What a worker does for the command. */
export interface Runner {
  /** Loads the user's module, and has it prepare itself if it is to. Throws when it is not what is wanted. */
  begin(): Promise<void>;
  /** Runs one block. */
  run(bytes: Uint8Array, order: BlockOrder): Promise<Piece>;
}

/** The block that runs: a worker has one at a time. */
let current: BlockRun | undefined;
let isListening = false;

/** Makes what a worker does for one job. */
export function createRunner(job: RunnerJob): Runner {
  let call: RecordFunction;
  return {
    async begin() {
      const module: Readonly<Record<string, unknown>> = await import(job.module);
      call = exportedFunction(module, job.export, job.module);
      if (job.initializer !== null) await exportedFunction(module, job.initializer, job.module)();
      listenForExit();
    },
    async run(bytes, order) {
      current = new BlockRun(call, job.settings, bytes, order, {
        workerId: task.workerId,
        send: (piece) => task.progress(piece),
      });
      try {
        const last = await current.run();
        current = undefined;
        return last;
      } catch {
        // The function has broken what JavaScript itself gives, and with that the runner: no record is safe here any more.
        Deno.exit(EXIT_BROKEN);
      }
    },
  };
}

/** What a worker exits with that a function has broken. */
const EXIT_BROKEN = 70;

function listenForExit(): void {
  if (isListening) return;
  isListening = true;
  const tellLast = (): void => current?.tellExit();
  for (const event of ["unload", "error", "unhandledrejection"]) addEventListener(event, tellLast);
}

/** The export of that name. Throws when it is not a function, and names those that are. */
function exportedFunction(
  module: Readonly<Record<string, unknown>>,
  name: string,
  url: string,
): (...args: unknown[]) => unknown {
  const value = Object.hasOwn(module, name) ? module[name] : undefined;
  if (typeof value === "function") return value as (...args: unknown[]) => unknown;
  if (url.startsWith("data:") && name === "default") {
    throw new NoFunctionError(`Cannot run -e: it is a ${typeof value}, wanted a function like (record) => record.id`);
  }
  const names = Object.keys(module).filter((key) => typeof module[key] === "function");
  const state = value === undefined ? "the module has no such export" : "the export is not a function";
  const wanted = names.length === 0
    ? "a module that exports it"
    : `one of ${names.map((key) => `"${key}"`).join(", ")}`;
  throw new NoFunctionError(`Cannot run "${name}": ${state}, wanted ${wanted}`);
}
