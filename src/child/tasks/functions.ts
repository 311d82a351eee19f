import { isOfNull, isOfUndefined, undefinedName } from "../../deno_texts.ts";
import { FunctionNotFoundError } from "../../errors.ts";
import { see } from "../../troubles.ts";
import { classError, type FunctionSpec, isClassText } from "../../wire/protocol.ts";
import { explainAdded, KEEP_NAME, usualNameKeeper } from "./added_names.ts";
import { explainOuterName, outerNamesIn, withoutValue } from "./outer_names.ts";
import { evaluateText, importMessage } from "./source_text.ts";

/** A function of the user's, ready to be called. */
export type TaskFunction = (...args: unknown[]) => unknown;

/** The exports of the user's module, or nothing when there is none. */
export type LoadedModule = { readonly [name: string]: unknown };

const THIS = /\bthis\b/;
const SUPER = /\bsuper\b/;
/** What no worker has, in a module or not: see storage.ts. */
const WITHHELD: readonly string[] = ["localStorage", "caches"];

/** Methods of built-in objects that somebody may pass. Deno loads an object when it is first looked at, so only the one that may have it is. */
const METHOD_OWNERS: ReadonlyMap<string, () => object> = new Map<string, () => object>([
  ["now", () => performance],
  ["randomUUID", () => crypto],
  ["getRandomValues", () => crypto],
  ["digest", () => crypto.subtle],
  ["canParse", () => URL],
  ["parse", () => URL],
]);

/**
 * Finds the function that `spec` names. Throws FunctionNotFoundError, or a SyntaxError for a bad source.
 *
 * @param exportsOnly Whether no text is compiled: what is sent as text must be that of an export. The sender cannot tell the two apart.
 */
export function resolveFunction(spec: FunctionSpec, module: LoadedModule, exportsOnly = false): TaskFunction {
  switch (spec.kind) {
    case "export":
      return resolveExport(spec.name, module);
    case "builtin":
      return resolveBuiltin(spec.name);
    case "source":
      return exportWithSource(spec, module) ?? globalWithSource(spec.name, spec.source) ??
        (exportsOnly ? refuseSource(spec.name) : compileSource(spec));
  }
}

/** Adds to an error of a function that was sent as text what of its surroundings is not there, if that is what it says. */
export function explainMissing(
  error: unknown,
  spec: FunctionSpec,
  module: LoadedModule,
  owner: "pool" | "process" = "pool",
): void {
  if (spec.kind !== "source") return;
  try {
    if (!(error instanceof Error) || typeof error.message !== "string") return;
    const missing = missingPart(error, spec, module);
    // An export that the sender could not name sees all of its module.
    if (missing === undefined || exportWithSource(spec, module) !== undefined) return;
    error.message += ` (${spec.name || "the function"} is not an export of the ${owner}'s module, so it was sent as ` +
      `source text and ${missing})${see("source-text")}`;
  } catch {
    // A frozen error, or one whose getters throw, goes as it is.
  }
}

type SourceSpec = Extract<FunctionSpec, { kind: "source" }>;

function missingPart(error: Error, { name, source }: SourceSpec, module: LoadedModule): string | undefined {
  if (error instanceof ReferenceError) {
    error.message = explainOuterName(error.message, source);
    const missing = undefinedName(error.message);
    if (missing !== undefined && WITHHELD.includes(missing)) return undefined;
    const added = missing === undefined ? undefined : explainAdded(missing, source);
    if (added !== undefined) return added;
    if (Object.hasOwn(module, name)) {
      return `cannot see variables outside itself: the module's export of that name has another text, pass its name, ${
        JSON.stringify(name)
      }, in place of the function`;
    }
    if (missing === name) {
      return `cannot see the variable that it is in: write "function ${name}(…) {…}", which sees itself, or export it from the module`;
    }
    return "cannot see variables outside itself: export it from the module, or pass what it needs as arguments";
  }
  if (!(error instanceof TypeError)) return undefined;
  if (THIS.test(source) && isOfUndefined(error.message)) {
    return '"this" is undefined there: export a function from the module, or pass what it needs as arguments';
  }
  if (SUPER.test(source) && isOfNull(error.message)) {
    return '"super" has no class there: export a function from the module that calls the method';
  }
  const { text, isRelative } = importMessage(error.message);
  error.message = text;
  if (isRelative) {
    return "a relative import has no file to start from: export it from the module, or import by an absolute URL";
  }
}

function resolveExport(name: string, module: LoadedModule): TaskFunction {
  const value = Object.hasOwn(module, name) ? module[name] : undefined;
  if (isClass(value)) throw classError(name);
  if (typeof value === "function") return value as TaskFunction;
  const names = Object.keys(module).filter((key) => typeof module[key] === "function" && !isClass(module[key]));
  const wanted = names.length > 0
    ? `one of ${names.map((key) => JSON.stringify(key)).join(", ")}`
    : "a module that exports it";
  const state = value === undefined ? "the module has no such export" : "the export is not a function";
  throw new FunctionNotFoundError(`Cannot run ${JSON.stringify(name)}: ${state}, wanted ${wanted}`);
}

function isClass(value: unknown): boolean {
  return typeof value === "function" && isClassText(Function.prototype.toString.call(value));
}

function resolveBuiltin(path: string): TaskFunction {
  let holder: unknown;
  let value: unknown = globalThis;
  for (const name of path.split(".")) {
    holder = value;
    value = (holder as Record<string, unknown> | undefined)?.[name];
  }
  if (typeof value !== "function") {
    throw new FunctionNotFoundError(`Cannot run ${path}: the worker has no such built-in`);
  }
  return value.bind(holder);
}

function exportWithSource({ name, source }: SourceSpec, module: LoadedModule): TaskFunction | undefined {
  const found = exportsWithText(source, module);
  if (found.size < 2) return found.keys().next().value as TaskFunction | undefined;
  const meant = amongSameText(found, name);
  if (meant.length > 1) {
    throw new FunctionNotFoundError(
      `Cannot run ${
        name || "the function"
      }: the module has several exports with its text, which may see different variables, ` +
        `pass the name in place of the function: ${choice(meant)}${see("source-text")}`,
    );
  }
  return meant[0]?.[0] as TaskFunction | undefined;
}

/** The exported functions and classes that have this text, each with the name that it is exported by. */
export function exportsWithText(source: string, module: LoadedModule): Map<object, string> {
  const found = new Map<object, string>();
  for (const [key, value] of Object.entries(module)) {
    if (typeof value !== "function" || Function.prototype.toString.call(value) !== source) continue;
    if (!found.has(value)) found.set(value, key);
  }
  return found;
}

/**
 * Those that can be meant by somebody who sent the text of one of them. What a factory makes has one text, and sees other variables
 * each time; its own name, if it has one, is the same with the sender.
 */
export function amongSameText(found: ReadonlyMap<object, string>, name: string): [object, string][] {
  return Array.from(found).filter(([value]) => (value as { name?: unknown }).name === name);
}

/** Names to choose from, for an error. */
export function choice(exports: readonly [object, string][]): string {
  return exports.map(([, key]) => JSON.stringify(key)).join(" or ");
}

/** Some of Deno's built-ins are written in JavaScript; their text alone does not run. */
function globalWithSource(name: string, source: string): TaskFunction | undefined {
  for (const holder of [globalThis, Deno, METHOD_OWNERS.get(name)?.()] as (Record<string, unknown> | undefined)[]) {
    const value = holder !== undefined && name in holder ? holder[name] : undefined;
    if (typeof value === "function" && Function.prototype.toString.call(value) === source) return value.bind(holder);
  }
}

function refuseSource(name: string): never {
  throw new FunctionNotFoundError(
    `Cannot run ${
      name || "the function"
    }: it is not an export of the module, and this worker compiles no text; export it`,
  );
}

function compileSource({ name, source, keepsName = usualNameKeeper(source) }: SourceSpec): TaskFunction {
  const label = `task-source:${name || "anonymous"}`;
  // An arrow function of a class takes `this` from where it stands: not the object it came from, and not the global one.
  const outer = outerNamesIn(source);
  const [before, after] = THIS.test(source) || keepsName !== undefined || outer.length > 0
    ? [`(function(${keepsName ?? ""}){return `, `\n${withoutValue(outer)}}).call(undefined,${KEEP_NAME})`]
    : ["", ""];
  const reasons: string[] = [];
  const alone = evaluate(`${before}(${source})${after}`, label, reasons);
  if (typeof alone === "function") return alone as TaskFunction;
  // The text of a method needs an object around it. Its prototype is null, so that `super` throws, and finds no other class.
  const holder = evaluate(`${before}({__proto__:null,${source}})${after}`, label, reasons);
  const method = typeof holder === "object" && holder !== null ? functionIn(holder) : undefined;
  if (method !== undefined) return method;
  const reason = reasons.find((text) => !text.startsWith("Unexpected")) ?? reasons[0];
  throw new FunctionNotFoundError(
    `Cannot run ${name || "the function"}: its source text does not stand on its own` +
      `${reason === undefined ? "" : ` (${reason})`}, export it from a module${see("source-text")}`,
  );
}

/** The method, getter or setter that an object literal holds. */
function functionIn(holder: object): TaskFunction | undefined {
  const [key] = Reflect.ownKeys(holder);
  const { value, get, set } = key === undefined ? {} : Reflect.getOwnPropertyDescriptor(holder, key)!;
  const found = value ?? get ?? set;
  return typeof found === "function" ? found : undefined;
}

/** The label stands in stack traces in place of a file. */
function evaluate(expression: string, label: string, reasons: string[]): unknown {
  try {
    return evaluateText(`"use strict";${expression}\n//# sourceURL=${label}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    reasons.push(error.message);
  }
}
