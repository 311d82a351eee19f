import { shown } from "../shown.ts";
import { FunctionNotFoundError } from "../errors.ts";
import { classError, type FunctionSpec, isClassText } from "../wire/protocol.ts";

/** Any function, as a caller may pass it. */
// deno-lint-ignore no-explicit-any -- parameters are contravariant: only `any` admits every function
export type AnyFunction = (...args: any[]) => unknown;

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;

/** Describes functions, each distinct one by one object. Functions with the same name and source text are the same. */
export class FunctionTable {
  readonly #byValue = new WeakMap<AnyFunction, FunctionSpec>();
  readonly #byText = new Map<string, FunctionSpec>();
  readonly #hasModule: boolean;
  #last: { readonly fn: unknown; readonly spec: FunctionSpec } | undefined;

  constructor(hasModule: boolean) {
    this.#hasModule = hasModule;
  }

  /** Describes a function, or the export of that name. Throws TypeError or FunctionNotFoundError when it can never run in a worker. */
  refer(fn: unknown): FunctionSpec {
    // A flood of calls is mostly one of one function.
    const last = this.#last;
    if (last !== undefined && fn === last.fn) return last.spec;
    const spec = this.#find(fn);
    this.#last = { fn, spec };
    return spec;
  }

  #find(fn: unknown): FunctionSpec {
    if (typeof fn === "function") {
      const known = this.#byValue.get(fn as AnyFunction);
      if (known !== undefined) return known;
      const spec = this.#intern(specOfValue(fn as AnyFunction));
      this.#byValue.set(fn as AnyFunction, spec);
      return spec;
    }
    if (typeof fn !== "string") {
      throw new TypeError(`Cannot run ${describe(fn)}: a function or the name of an export is wanted`);
    }
    if (!this.#hasModule) {
      throw new FunctionNotFoundError(
        `Cannot run ${
          JSON.stringify(fn)
        }: a name needs a module that exports it, pass the "module" option or the function itself`,
      );
    }
    return this.#intern({ kind: "export", name: fn });
  }

  #intern(spec: FunctionSpec): FunctionSpec {
    const text = textOfSpec(spec);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    this.#byText.set(text, spec);
    return spec;
  }
}

/** A text that two descriptions share if they stand for the same function. */
export function textOfSpec(spec: FunctionSpec): string {
  // Exports with one text, as a factory makes them, are told apart by their names.
  return `${spec.kind}:${spec.name}${spec.kind === "source" ? `:${spec.source}` : ""}`;
}

/** Describes a function value for a child. Throws FunctionNotFoundError for one that cannot be sent. */
export function specOfValue(fn: AnyFunction): FunctionSpec {
  const source = Function.prototype.toString.call(fn);
  if (isClassText(source)) throw classError(fn.name);
  if (!NATIVE.test(source)) {
    const helper = nameKeeper();
    const keepsName = helper !== undefined && source.includes(`${helper}(`) ? { keepsName: helper } : {};
    return { kind: "source", name: fn.name, source, ...keepsName };
  }
  const name = builtinNames().get(fn);
  if (name !== undefined) return { kind: "builtin", name };
  throw new FunctionNotFoundError(
    `Cannot run ${fn.name || "the function"}: it is a bound or native function without source text, ` +
      `wanted a function of its own, for example an arrow function that calls it`,
  );
}

/** A function as good as any of the user's: a bundler does the same to it. */
function bundled(): unknown {
  const inner = (): void => {};
  return inner;
}

let keeper: { readonly name: string | undefined } | undefined;

/**
 * What the bundle that this file is part of calls the helper which gives functions their names back: `n(() => {}, "inner")`, with `--keep-names`.
 * It stands outside the functions, so a worker has to be told of it.
 */
function nameKeeper(): string | undefined {
  keeper ??= {
    name: /([\w$]+)\(\(\)\s*=>\s*\{\s*\},\s*"inner"\)/.exec(Function.prototype.toString.call(bundled))?.[1],
  };
  return keeper.name;
}

let builtins: ReadonlyMap<unknown, string> | undefined;

function builtinNames(): ReadonlyMap<unknown, string> {
  return builtins ??= collectBuiltins();
}

function collectBuiltins(): ReadonlyMap<unknown, string> {
  const names = new Map<unknown, string>();
  const holders = [
    "Math",
    "JSON",
    "Object",
    "Number",
    "String",
    "Array",
    "Date",
    "BigInt",
    "Reflect",
    "Symbol",
    "URL",
    "Deno",
  ];
  const visit = (holder: object, prefix: string): void => {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (typeof value === "function" && !names.has(value)) names.set(value, prefix + name);
    }
  };
  visit(globalThis, "");
  for (const name of holders) visit((globalThis as unknown as Record<string, object>)[name]!, `${name}.`);
  return names;
}

function describe(value: unknown): string {
  return typeof value === "object" || value === undefined ? shown(value) : `${typeof value} ${shown(value)}`;
}
