import { task } from "@corral/multiprocessing/child";
import { BlockRun, type RecordFunction } from "./block_run.ts";
import { inFunction, isImporting } from "./inline_text.ts";
import {
  type BlockOrder,
  EXIT_BROKEN,
  NoFunctionError,
  type Piece,
  type RunnerJob,
  type Standstills,
} from "./protocol.ts";

/** What a worker does for the command. */
export interface Runner {
  /** Loads the user's module, and has it prepare itself if it is to. Throws when it is not what is wanted. */
  begin(): Promise<void>;
  /** Runs one block. */
  run(bytes: Uint8Array, order: BlockOrder): Promise<Piece>;
}

type Module = Readonly<Record<string, unknown>>;

/** The block that runs: a worker has one at a time. */
let current: BlockRun | undefined;
let isListening = false;

/** Makes what a worker does for one job. Without `standstills`, time is what its own clock says. */
export function createRunner(job: RunnerJob, standstills?: Standstills): Runner {
  let call: RecordFunction;
  return {
    async begin() {
      const loaded: Module = await import(job.module);
      const module = isImporting(job.source) ? await evaluatedText(job.source, loaded) : loaded;
      call = exportedFunction(module, job.export, job.module);
      if (job.initializer !== null) await exportedFunction(module, job.initializer, job.module)();
      listenForExit();
    },
    async run(bytes, order) {
      current = new BlockRun(call, job.settings, bytes, order, {
        workerId: task.workerId,
        send: (piece) => task.progress(piece),
      }, standstills);
      try {
        await current.run();
        const last = current.takeLast();
        current = undefined;
        return last;
      } catch {
        // The function has broken what JavaScript itself gives, and with that the runner: no record is safe here any more.
        Deno.exit(EXIT_BROKEN);
      }
    },
  };
}

/**
 * What is typed behind `-e` and imports something, with what it evaluates to as the default export. A `data:` URL lies in no project: names of a
 * `package.json`, and of a member of a workspace, mean nothing there. They do where the runner's own text lies, and what that evaluates lies
 * there, too. One with `import.meta` can only run in the module.
 */
async function evaluatedText(source: string, module: Module): Promise<Module> {
  const make = module.default as () => Promise<unknown>;
  const typed = inFunction(source);
  const texts: readonly (readonly [text: () => string, name: string])[] = [
    // Without types, as most are. Where there is a "<", JavaScript may take types for a comparison.
    ...(source.includes("<") ? [] : [[() => typed, "-e"] as const]),
    [() => withoutTypes(typed), "-e"],
    // An enum, for example: what Deno made of it stands in the module, at other places.
    [() => `(${make})`, "-e-compiled"],
  ];
  for (const [text, name] of texts) {
    let evaluated: () => Promise<unknown>;
    try {
      evaluated = (0, eval)(`${text()}\n//# sourceURL=${name}`);
    } catch {
      continue;
    }
    return { default: await evaluated() };
  }
  return { default: await make() };
}

/** The text with blanks in place of types. Throws where types mean something when it runs, and where there is no such function. Late: it takes a while to load. */
function withoutTypes(text: string): string {
  const { stripTypeScriptTypes } = process.getBuiltinModule("node:module") as unknown as {
    stripTypeScriptTypes(text: string): string;
  };
  return stripTypeScriptTypes(text);
}

function listenForExit(): void {
  if (isListening) return;
  isListening = true;
  const tellLast = (): void => current?.tellExit();
  for (const event of ["unload", "error", "unhandledrejection"]) addEventListener(event, tellLast);
}

/** The export of that name. Throws when it is not a function, and names those that are. */
function exportedFunction(
  module: Module,
  name: string,
  url: string,
): (...args: unknown[]) => unknown {
  const value = Object.hasOwn(module, name) ? module[name] : undefined;
  if (typeof value === "function") return value as (...args: unknown[]) => unknown;
  if (url.startsWith("data:") && name === "default") {
    throw new NoFunctionError(
      `Cannot run -e: it is ${
        typeof value === "object" ? "an object" : `a ${typeof value}`
      }, wanted a function like (record) => record.id`,
    );
  }
  const names = Object.keys(module).filter((key) => typeof module[key] === "function");
  const state = value === undefined ? "the module has no such export" : "the export is not a function";
  const wanted = names.length === 0
    ? "a module that exports it"
    : `one of ${names.map((key) => `"${key}"`).join(", ")}`;
  throw new NoFunctionError(`Cannot run "${name}": ${state}, wanted ${wanted}`);
}
