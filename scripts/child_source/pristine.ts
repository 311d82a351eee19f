/**
 * Makes the child's source use what the language offers as it was when the worker started, whatever user code replaces later: static
 * functions are taken once, and methods are called by symbols, under which the prototypes keep them. See
 * `docs/decisions/child_source.md`.
 */

/** Static functions of these are taken once; those of constructors are bound to them. */
const NAMESPACES = [
  "JSON",
  "Object",
  "Math",
  "Number",
  "Reflect",
  "Symbol",
  "String",
  "Atomics",
  "ArrayBuffer",
  "Array",
  "Error",
];
const CONSTRUCTORS = ["Promise", "Uint8Array", "Float64Array"];
/** Constructors that are taken once. */
const GLOBALS =
  "Map Set WeakMap WeakRef Promise Error TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError SuppressedError DOMException Date URL Uint8Array Int32Array Float64Array ArrayBuffer DataView SharedArrayBuffer TextEncoder TextDecoder AbortController AbortSignal FinalizationRegistry JSON Object Math Number Reflect Symbol String Atomics Array Function RegExp BigInt WebAssembly Worker Proxy Blob crypto performance"
    .split(" ");

/** Methods that are called by symbols, by their prototypes. */
const METHODS: Record<string, string> = {
  "Array.prototype":
    "push pop shift unshift splice slice map filter every some join find findIndex includes indexOf forEach concat at flatMap fill",
  "Map.prototype": "get set has delete clear forEach values keys entries",
  "Set.prototype": "add has delete clear forEach values",
  "WeakMap.prototype": "get set has delete",
  "Object.getPrototypeOf(Uint8Array.prototype)": "set subarray slice fill indexOf lastIndexOf at",
  "TextEncoder.prototype": "encode encodeInto",
  "TextDecoder.prototype": "decode",
  "String.prototype":
    "slice includes startsWith endsWith charCodeAt codePointAt indexOf at replace replaceAll split trim padStart",
  "RegExp.prototype": "test exec",
  "Function.prototype": "call apply bind",
  "Promise.prototype": "then catch finally",
  "DataView.prototype": "getUint32 setUint32",
  "FinalizationRegistry.prototype": "register unregister",
  "WeakRef.prototype": "deref",
};
const METHOD_NAMES = [...new Set(Object.values(METHODS).flatMap((names) => names.split(" ")))];

/**
 * The codecs' own `encode()` and `decode()` run for each value, and are called as they are. To what users give, methods are applied there: values of
 * other realms have prototypes that know no symbols of ours.
 */
const CODEC = /^wire\/codec\//;
const METHODS_IN_CODEC = METHOD_NAMES.filter((name) => name !== "encode" && name !== "decode");

const STATIC_CALL = new RegExp(
  `(?<![\\w$]|(?<!\\.\\.)\\.)(${[...NAMESPACES, ...CONSTRUCTORS].join("|")})\\.([a-z]\\w*)(?=\\()`,
  "g",
);
/** Static functions that are handed on, or applied. */
const STATIC_VALUE =
  /(?<![\w$]|(?<!\.\.)\.)(Object|Reflect|String|Number|Math|Array|JSON)\.(?!prototype\b)([a-z]\w*)(?=\.apply\(|[,)])/g;
/** `new Map(entries)` calls `set()`, and `new Set(items)` calls `add()`, as they are then. */
const FILLED = /(?<![\w$.])new (Map|Set)\((?!\))/g;
const METHOD_CALL = callsOf(METHOD_NAMES);
const CALL_IN_CODEC = callsOf(METHODS_IN_CODEC);
/** Methods that are applied, at once or by a name. */
const APPLIED_AT_ONCE = /(?<![\w$.])(\w+)\.prototype\.(\w+)(?=\.call\()/g;
const APPLIED = /^(?:var|const) \{ ([^{}]+) \} = (\w+)\.prototype;$/gm;

function callsOf(names: readonly string[]): RegExp {
  return new RegExp(`(\\?\\.|\\.)(${names.join("|")})\\(`, "g");
}

/** The texts of scripts, rewritten, and what must be evaluated before them. */
export interface Pristine {
  /** Statements, to stand first; what they declare is in scope of the scripts. */
  readonly prelude: string;
  /** All names that the prelude declares. */
  readonly names: readonly string[];
  /** Those of them that code which was rewritten may use. */
  namesIn(code: string): string[];
  rewrite(code: string): string;
}

/** Prepares the rewriting of scripts. All of them must be rewritten before the prelude is read. */
export function pristine(): Pristine {
  const taken = new TakenFunctions();
  const names = (): string[] => [
    ...GLOBALS,
    ...taken.all.keys(),
    ...METHOD_NAMES.map((name) => `$${name}`),
    "$filledMap",
    "$filledSet",
  ];
  return {
    get prelude() {
      return preludeOf(taken.all);
    },
    get names() {
      return names();
    },
    namesIn(code) {
      const words = new Set(code.split(/[^\w$]+/));
      return names().filter((name) => words.has(name));
    },
    rewrite(code) {
      taken.all.set("$Object_defineProperty", DESCRIBING["Object.defineProperty"]!);
      // Each file of the library begins with a comment that names it.
      return code.split(/^(?=\/\/ src\/\S+\.ts$)/m).map((file) => {
        const path = /^\/\/ src\/(\S+)\.ts$/m.exec(file)?.[1] ?? "";
        const methods = CODEC.test(path) ? CALL_IN_CODEC : METHOD_CALL;
        return pieces(file).map(({ text, isCode }) => isCode ? rewriteCode(text, taken, methods) : text).join("");
      }).join("");
    },
  };
}

/** The functions that are taken once, each by the name that stands for it, with the expression that it is. */
class TakenFunctions {
  readonly all = new Map<string, string>();

  /** Takes a static function. Returns its name. */
  static(holder: string, name: string): string {
    const bound = CONSTRUCTORS.includes(holder) ? `${holder}.${name}.bind(${holder})` : `${holder}.${name}`;
    return this.#take(`$${holder}_${name}`, DESCRIBING[`${holder}.${name}`] ?? bound);
  }

  /** Takes a method that is applied. Returns its name. */
  method(holder: string, name: string): string {
    return this.#take(`$${holder}_prototype_${name}`, `${holder}.prototype.${name}`);
  }

  #take(taken: string, expression: string): string {
    this.all.set(taken, expression);
    return taken;
  }
}

function rewriteCode(code: string, taken: TakenFunctions, methods: RegExp): string {
  const takeStatic = (_: string, holder: string, name: string): string => taken.static(holder, name);
  const takeMethod = (_: string, holder: string, name: string): string => taken.method(holder, name);
  const takeNamed = (_: string, names: string, holder: string): string =>
    names.split(", ").map((each) => {
      const [name, alias = name] = each.split(": ");
      return `var ${alias} = ${taken.method(holder, name!)};`;
    }).join("\n");
  return code.replaceAll(APPLIED, takeNamed).replaceAll(APPLIED_AT_ONCE, takeMethod)
    .replaceAll(STATIC_CALL, takeStatic).replaceAll(STATIC_VALUE, takeStatic)
    .replaceAll(FILLED, (_, holder: string) => `$filled${holder}(`)
    .replaceAll(methods, (_, dot: string, name: string) => `${dot === "." ? "" : dot}[$${name}](`);
}

function preludeOf(taken: ReadonlyMap<string, string>): string {
  return [
    `const { ${GLOBALS.join(", ")} } = globalThis;`,
    ...Array.from(taken, ([name, value]) => `const ${name} = ${value};`),
    ...METHOD_NAMES.map((name) => `const $${name} = Symbol("${name}");`),
    "const keep = (holder, symbol, value) => $Object_defineProperty(holder, symbol, { value });",
    ...METHOD_NAMES.map((name) =>
      `keep(Object.prototype, $${name}, function (...args) { return this.${name}(...args); });`
    ),
    ...Object.entries(METHODS).flatMap(([prototype, names]) =>
      names.split(" ").map((name) => `keep(${prototype}, $${name}, ${takenMethod(prototype, name)});`)
    ),
    ...FILLING,
  ].join("\n");
}

/** What takes descriptors: these inherit nothing, or what user code has put into `Object.prototype` under `get` or `writable` would count. */
const DESCRIBING: Readonly<Record<string, string>> = {
  "Object.defineProperty":
    "((define) => (target, key, descriptor) => define(target, key, { __proto__: null, ...descriptor }))(Object.defineProperty)",
  "Object.defineProperties": describingAll("Object.defineProperties"),
  "Object.create": describingAll("Object.create"),
};

function describingAll(name: string): string {
  return `((apply, ownKeys) => (target, all) => { if (all === undefined) return apply(target); const own = { __proto__: null }; ` +
    `for (const key of ownKeys(all)) own[key] = { __proto__: null, ...all[key] }; return apply(target, own); })(${name}, Reflect.ownKeys)`;
}

const FILLING = [
  "const $filledMap = (entries) => { const map = new Map(); for (const [key, value] of entries ?? []) map[$set](key, value); return map; };",
  "const $filledSet = (items) => { const set = new Set(); for (const item of items ?? []) set[$add](item); return set; };",
];

/** What a prototype keeps. `test()` would call `exec()` as it is then. */
function takenMethod(prototype: string, name: string): string {
  if (prototype !== "RegExp.prototype" || name !== "test") return `${prototype}.${name}`;
  return "function (text) { return this[$exec](text) !== null; }";
}

/** Parts code from strings, the texts of templates, comments and regular expressions. */
export function pieces(source: string): { text: string; isCode: boolean }[] {
  const found: { text: string; isCode: boolean }[] = [];
  // Of each template that is open: how many braces are open in the expression that is read.
  const templates: number[] = [];
  let from = 0;
  const skip = (start: number, end: number): number => {
    found.push({ text: source.slice(from, start), isCode: true }, { text: source.slice(start, end), isCode: false });
    return from = end;
  };
  for (let at = 0; at < source.length;) {
    const char = source[at]!;
    const rest = source.slice(at, at + 2);
    if (rest === "//") at = skip(at, endOf(source, at, "\n"));
    else if (char === '"' || char === "'") at = skip(at, endOfString(source, at + 1, char));
    else if (char === "/" && regExpMayStart(source.slice(0, at))) at = skip(at, endOfRegExp(source, at + 1));
    else if (char === "`" || (char === "}" && templates.at(-1) === 0)) {
      if (char === "}") templates.pop();
      const end = endOfTemplateText(source, at + 1);
      if (source[end - 1] === "{") templates.push(0);
      at = skip(at, end);
    } else {
      if (templates.length > 0 && char === "{") templates[templates.length - 1]!++;
      if (templates.length > 0 && char === "}") templates[templates.length - 1]!--;
      at++;
    }
  }
  found.push({ text: source.slice(from), isCode: true });
  return found;
}

function endOf(source: string, from: number, mark: string): number {
  const end = source.indexOf(mark, from);
  return end < 0 ? source.length : end;
}

function endOfString(source: string, from: number, quote: string): number {
  let at = from;
  while (source[at] !== quote) at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}

function endOfTemplateText(source: string, from: number): number {
  let at = from;
  while (source[at] !== "`" && source.slice(at, at + 2) !== "${") at += source[at] === "\\" ? 2 : 1;
  return source[at] === "`" ? at + 1 : at + 2;
}

function endOfRegExp(source: string, from: number): number {
  let at = from;
  for (let inClass = false; inClass || source[at] !== "/"; at += source[at] === "\\" ? 2 : 1) {
    if (source[at] === "[") inClass = true;
    else if (source[at] === "]") inClass = false;
  }
  return at + 1;
}

/** A slash divides behind a value. */
function regExpMayStart(before: string): boolean {
  const last = /(\w+|[^\s\w])\s*$/.exec(before.slice(-80))?.[1] ?? "";
  return !/^[\w)\]}"'`]/.test(last) || /^(?:return|typeof|case|in|of|void)$/.test(last);
}
