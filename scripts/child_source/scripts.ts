/**
 * Makes the scripts of a worker of the files of `deno bundle`. Each file becomes a function, whose imports are its parameters and whose exports are what it
 * returns.
 */
import { pristine } from "./pristine.ts";

/** The file that has the child's entry. */
export const MAIN = "child/main";
/** The file that has the classes of shared objects. */
export const HANDLES = "handles";
/** What `deno bundle` names by what is in it. */
const HASHED = /-\w{8}$/;
/** The least length of a piece of the core. */
const PIECE_UNITS = 24 * 1024;

/** Stands for a function, or for a class, that others only call. */
const CALL_ON_DEMAND = `const onDemand = (index, name) => function (...args) {
  const found = load(index)[name];
  return new.target === undefined ? found.apply(undefined, args) : Reflect.construct(found, args);
};`;

/** A file of `deno bundle`, by its path without the extension. */
export type Files = ReadonlyMap<string, string>;

type Parts = ReadonlyMap<string, Part>;

/** A file of `deno bundle`, taken to pieces. */
interface Part {
  /** The files that it imports from, and the names, as a pattern. */
  readonly imports: readonly { readonly from: string; readonly names: string }[];
  readonly body: string;
  /** The names that it exports, as an object. */
  readonly exports: string;
}

function toPart(path: string, code: string): Part {
  const imports: { from: string; names: string }[] = [];
  const withoutImports = code.replace(/^(?:import (?:\{[^}]*\} from )?"[^"]*";\n)+/, (head) => {
    // An import of no names is only there for the order, which the names of others give as well.
    for (const [, names, from] of head.matchAll(/^import (\{[^}]*\}) from "([^"]*)";$/gm)) {
      imports.push({ from: resolve(path, from!), names: renamed(names!, "$1: $2") });
    }
    return "";
  });
  const [, body = "", exports = "{}"] = /^([\s\S]*?)(?:(?:^|\n)export (\{[^}]*\});)?\s*$/.exec(withoutImports)!;
  if (/^(?:import|export)\b/m.test(body)) throw fault(`${path} has an import or export in a form that is not known`);
  return { imports, body: body.trim(), exports: renamed(exports, "$2: $1") };
}

function renamed(names: string, form: string): string {
  return names.replaceAll(/(\w+) as (\w+)/g, form);
}

function resolve(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1).replace(/\.js$/, "");
}

/** The error when the sources are not as they must be. */
export function fault(state: string): Error {
  return new Error(`Cannot build the child's source: ${state}`);
}

/** Which files a script has, each behind what it imports: those of the core, in pieces, and those of each file that is evaluated on demand. */
interface Arrangement {
  readonly pieces: readonly string[][];
  readonly late: ReadonlyMap<string, LateScript>;
}

interface LateScript {
  /** Its files that no script before it has. */
  readonly files: readonly string[];
  /** The other scripts on demand whose files these need while they are evaluated, by their places among those on demand. */
  readonly needs: readonly number[];
}

/**
 * The scripts that the files of `deno bundle` make: the core, its pieces, then those that are evaluated on demand.
 *
 * @param onDemand Files that are evaluated, with what only they import, when what they export is first called.
 */
export function toScripts(files: Files, onDemand: readonly string[] = []): string[] {
  const parts: Parts = new Map(Array.from(files, ([path, code]) => [path, toPart(path, code)]));
  const doors = doorsOf(onDemand, parts);
  const { pieces, late } = arrange(parts, doors);
  const groups = [...pieces, ...Array.from(late.values(), ({ files }) => files)];
  const lateIndex = (path: string): number => pieces.length + [...late.keys()].indexOf(path);
  const names = new Map(groups.flat().map((path, index) => [path, nameOf(path, parts.get(path)!) ?? `part ${index}`]));
  const place = (path: string): string => `parts["${names.get(path)}"]`;
  const taken = pristine();
  const call = (path: string): string => {
    const { imports, body, exports } = parts.get(path)!;
    const code = taken.rewrite(body).replaceAll(/\bimport\("(\.[^"]*)"\)/g, (_, specifier) => {
      return `Promise.resolve(load(${lateIndex(resolve(path, specifier))}))`;
    });
    const values = imports.map(({ from }) => place(from)).join(", ");
    return `((${imports.map((one) => one.names).join(", ")}) => {\n${code}\nreturn ${exports};\n})(${values})`;
  };
  const codes = groups.map((group) => group.map((path) => `${place(path)} = ${call(path)};\n`).join(""));
  const titles = [...pieces.map((_, index) => `child/${index + 1}`), ...[...late.keys()].map(titleOf(names))];
  const needs = [...pieces.map(() => []), ...Array.from(late.values(), ({ needs }) => needs)];
  const rest = codes.map((code, index) => {
    const [head, end] = [`const { ${taken.namesIn(code).join(", ")} } = taken;`, place(groups[index]!.at(-1)!)];
    const before = needs[index]!.map((need) => `load(${pieces.length + need});\n`).join("");
    return script(titles[index]!, `(parts, taken, load) => {\n${before}${head}\n${code}return ${end};\n}`);
  });
  const stubs = doors.map((path) => {
    const exported = namesFrom(path, parts).map((name) => `${name}: onDemand(${lateIndex(path)}, "${name}")`);
    return `${place(path)} = { ${exported.join(", ")} };`;
  });
  // User code may have replaced what this takes as well.
  const callOnDemand = taken.rewrite(CALL_ON_DEMAND);
  // What all of them use is taken by the core: some are evaluated after user code. Nothing is looked up in a prototype.
  const core = `(evaluate) => {
${taken.prelude}
const taken = { ${taken.names.join(", ")} };
const parts = { __proto__: null };
const loaded = Array(${rest.length}).fill();
const load = (index) => loaded[index] ??= evaluate(index)(parts, taken, load);
${callOnDemand}
${stubs.join("\n")}
for (let index = 0; index < ${pieces.length}; index++) load(index);
const { serve } = ${place(MAIN)};
return (loadModule, input) => serve(loadModule, input, () => load(${lateIndex(HANDLES)}));
}`;
  return [script("child", core), ...rest];
}

function arrange(parts: Parts, doors: readonly string[]): Arrangement {
  const core = withImports(parts, [MAIN], doors);
  const dynamic = core.flatMap((path) => dynamicImports(path, parts.get(path)!.body));
  const placeOf = new Map<string, number>();
  const late = [...new Set([...doors, HANDLES, ...dynamic])].map((path, place): [string, LateScript] => {
    const wanted = withImports(parts, [path], doors.filter((door) => door !== path)).filter((one) =>
      !core.includes(one)
    );
    const files = wanted.filter((one) => !placeOf.has(one));
    const needs = new Set(wanted.flatMap((one) => placeOf.get(one) ?? []));
    for (const file of files) placeOf.set(file, place);
    return [path, { files, needs: [...needs] }];
  });
  const evaluated = new Set([...core, ...placeOf.keys()]);
  for (const [path, { body }] of parts) {
    if (body !== "" && !evaluated.has(path)) throw fault(`${path} is evaluated by nobody`);
  }
  return { pieces: inPieces(core, parts), late: new Map(late) };
}

/** The files of `deno bundle` that have what some sources export. */
function doorsOf(sources: readonly string[], parts: Parts): string[] {
  return sources.map((path) => parts.get(path)?.imports[0]?.from ?? path);
}

/** The names that others import from a file. Throws if one does more with it than to call it: before it is loaded, it is only called. */
function namesFrom(path: string, parts: Parts): string[] {
  const names = new Set<string>();
  for (const { imports, body } of parts.values()) {
    const found = body === "" ? undefined : imports.find(({ from }) => from === path);
    for (const [, name, alias = name] of found?.names.matchAll(/(\w+)(?:: (\w+))?/g) ?? []) {
      names.add(name!);
      const other = new RegExp(`(?:\\b(?:extends|instanceof) ${alias}\\b|(?<![.#\\w$])${alias}\\b(?!\\())`).exec(body);
      if (other !== null) {
        throw fault(
          `"${other[0]}" of ${path} is used otherwise than by a call, so it cannot be evaluated on demand: cut it off`,
        );
      }
    }
  }
  return [...names];
}

/**
 * Some files and all that they import, each behind what it imports, but for what is evaluated on demand. The order does not depend on names that
 * change with every change.
 */
function withImports(parts: Parts, paths: readonly string[], onDemand: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    const part = parts.get(path);
    if (part === undefined) throw fault(`${path} is imported and was not made`);
    for (const { from } of part.imports) if (!found.has(from) && !onDemand.includes(from)) visit(from);
    found.add(path);
  };
  paths.forEach(visit);
  return [...found];
}

/** V8 keeps all that it knows of a script's functions until it has compiled it, and each page of fresh memory is dear: one large script takes longer. */
function inPieces(paths: readonly string[], parts: Parts): string[][] {
  const pieces: string[][] = [];
  let units = Infinity;
  for (const path of paths) {
    if (units >= PIECE_UNITS) {
      pieces.push([]);
      units = 0;
    }
    pieces.at(-1)!.push(path);
    units += parts.get(path)!.body.length;
  }
  return pieces;
}

function dynamicImports(path: string, body: string): string[] {
  return Array.from(body.matchAll(/\bimport\("(\.[^"]*)"\)/g), ([, specifier]) => resolve(path, specifier!));
}

/** The names of scripts that are evaluated on demand do not change with what is in them. */
function titleOf(names: ReadonlyMap<string, string>): (path: string) => string {
  return (path) => HASHED.test(path) ? names.get(path)! : path;
}

/** The name stands in stacks, in place of a file. It begins as those of Deno's own code do: `deno test --coverage` would look for the file. */
function script(name: string, expression: string): string {
  return `"use strict";\n(${expression})\n//# sourceURL=ext:corral/${name}\n`;
}

/** A name that does not change with what is in the file: that of its last source, or if it has none, of the file. */
function nameOf(path: string, { body }: Part): string | undefined {
  const source = Array.from(body.matchAll(/^\/\/ src\/(\S+)\.ts$/gm)).at(-1)?.[1];
  return source ?? (HASHED.test(path) ? undefined : `${path}.js`);
}
