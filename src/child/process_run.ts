import { FunctionNotFoundError } from "../errors.ts";
import { type OwnProcess, ownProcess } from "../own_process.ts";
import type { ProcessInput, ProcessSettings } from "../wire/protocol.ts";
import {
  amongSameText,
  choice,
  explainMissing,
  exportsWithText,
  type LoadedModule,
  resolveFunction,
} from "./tasks/functions.ts";

type ProcessClass = { readonly prototype: { run(): unknown } };

/** Runs what a process of its own is for. What that throws is thrown here, and is to be left uncaught. See `docs/decisions/processes.md`. */
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
        explainMissing(error, target, module, "process");
        throw error;
      }
    };
  }
  await (subclass === null ? own.target?.() : makeInstance(own, findClass(subclass, module), fields).run());
}

function findClass({ name, source }: { name: string; source: string }, module: LoadedModule): ProcessClass {
  const found = exportsWithText(source, module);
  const meant = found.size < 2 ? Array.from(found) : amongSameText(found, name);
  if (meant.length > 1) {
    throw new FunctionNotFoundError(
      `Cannot run ${name ? `class ${name}` : "the class"}: the module has several exports with its text, ${
        choice(meant)
      }, which may see ` +
        `different variables, export a class of its own instead: export class Name extends … {}`,
    );
  }
  const value = meant[0]?.[0] ?? (Object.hasOwn(module, name) ? module[name] : undefined);
  if (typeof value === "function" && typeof value.prototype?.run === "function") {
    return value as unknown as ProcessClass;
  }
  throw new FunctionNotFoundError(`Cannot run class ${name}: the module does not export it, export it from the module`);
}

function makeInstance(own: OwnProcess, { prototype }: ProcessClass, fields: object): { run(): unknown } {
  // The constructor ran in the parent. It may do there what cannot be done here.
  const instance = Object.create(prototype, Object.getOwnPropertyDescriptors(fields));
  own.instance = instance;
  return instance;
}
