import { FunctionNotFoundError } from "../errors.ts";
import { hub } from "../hub/hub.ts";
import { identify, type OwnProcess, ownProcess } from "../own_process.ts";
import type { ProcessInput, ProcessSettings, WorkerSettings } from "../wire/protocol.ts";
import { explainReferenceError, type LoadedModule, resolveFunction } from "./functions.ts";

type ProcessClass = { readonly prototype: { run(): unknown } };

/** Tells this process what it is, from what its parent sent. Returns what is to be called when the parent has ended. */
export function introduce({ workerId, parentName, config, process }: WorkerSettings): () => void {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let alive = true;
  const parent = {
    pid: process?.parentPid ?? Deno.ppid,
    name: parentName ?? "MainProcess",
    isAlive: () => alive,
    ended,
  };
  // A pool's workers end with it, as daemons do.
  const { name, daemon, path } = process ?? { name: `PoolWorker-${workerId + 1}`, daemon: true, path: [workerId + 1] };
  identify({ name, daemon, path, parent, config });
  return () => {
    alive = false;
    resolve();
  };
}

/** Runs what a process of its own is for. What that throws is thrown here, and is to be left uncaught. */
export async function runProcess(
  { target, subclass }: ProcessSettings,
  [args, fields]: ProcessInput,
  module: LoadedModule,
): Promise<void> {
  const own = ownProcess();
  if (target !== null) {
    const call = resolveFunction(target, module);
    own.target = async () => {
      try {
        return await call(...args);
      } catch (error) {
        explainReferenceError(error, target, "process");
        throw error;
      }
    };
  }
  await (subclass === null ? own.target?.() : makeInstance(own, findClass(subclass, module), fields).run());
}

/**
 * Lets this process end as any program does, when its timers and promises are done: reading stdin holds it only while it waits
 * for something from its parent. Returns whether that can be had; if not, the process must be ended.
 */
export function letEnd(): boolean {
  const setStdinReferenced = stdinReference();
  if (setStdinReferenced === undefined) return false;
  setStdinReferenced(hub.waits.any);
  hub.waits.watch(() => setStdinReferenced(hub.waits.any));
  return true;
}

function findClass({ name, source }: { name: string; source: string }, module: LoadedModule): ProcessClass {
  const classes = Object.entries(module).filter((entry): entry is [string, ProcessClass & typeof Function] =>
    typeof entry[1] === "function" && typeof entry[1].prototype?.run === "function"
  );
  const textOf = Function.prototype.toString;
  const found = classes.find(([, value]) => textOf.call(value) === source) ?? classes.find(([key]) => key === name);
  if (found !== undefined) return found[1];
  throw new FunctionNotFoundError(`Cannot run class ${name}: the module does not export it, export it from the module`);
}

function makeInstance(own: OwnProcess, { prototype }: ProcessClass, fields: object): { run(): unknown } {
  // The constructor ran in the parent. It may do there what cannot be done here.
  const instance = Object.create(prototype, Object.getOwnPropertyDescriptors(fields));
  own.instance = instance;
  return instance;
}

/** Deno has this for `process.stdin.unref()`; it is not documented. */
function stdinReference(): ((referenced: boolean) => void) | undefined {
  const symbols = Object.getOwnPropertySymbols(Object.getPrototypeOf(Deno.stdin));
  const [ref, unref] = ["REF", "UNREF"].map((name) => symbols.find((symbol) => symbol.description === name));
  if (ref === undefined || unref === undefined) return undefined;
  const stdin = Deno.stdin as unknown as Record<symbol, () => void>;
  return (referenced) => stdin[referenced ? ref : unref]!();
}
