/**
 * Says what to do about an error that only makes sense to somebody who sees a worker's command line: a module that was not found, because
 * workers download nothing; a permission that was not granted. Deno's own advice is about flags that nobody here has typed.
 *
 * The words are those of Deno 2.9.6; `tests/worker/explained_texts_test.ts` has a real Deno say them.
 */
import type { Circumstances } from "./circumstances.ts";
import type { PermissionKind } from "./permissions/permissions.ts";
import { FOLDER_VARIABLES, NETWORK_VARIABLES } from "./program/worker_environment.ts";
import { absolutePath, isAbsolutePath } from "./project/module_url.ts";
import { see, type Trouble } from "../troubles.ts";

const CACHE_VARIABLES = Deno.build.os === "windows" ? ["DENO_DIR", "LOCALAPPDATA"] : FOLDER_VARIABLES;

/** A part of an error's text that gives way to advice. */
interface Rule {
  /** The text may be a stranger's, and long: nothing here may try the same characters from more than one start. */
  readonly part: RegExp;
  /** Whether the part stays, and advice follows it. */
  readonly stays?: true;
  /** The section that explains it. */
  readonly trouble: Trouble;
  /** What to do; `undefined` where there is nothing to say. */
  readonly advise: (text: string, worker: Circumstances) => string | undefined;
}

/** What follows has no comma, with which this begins. */
const OTHER_NAME = /, run again with the --allow-read flag Maybe ([^\n,]*) or run with --(?:unstable-)?sloppy-imports/;

const NOT_GRANTED = /, run again with the --allow-\w+ flag/;

const RULES: readonly Rule[] = [
  { part: /,? --cached-only is specified\.?/, trouble: "not-cached", advise: notInCache },
  {
    part: /\n[ \t]*hint: If you want to use (?:the (?:npm|JSR)|a JSR or npm) package[^\n]*/,
    trouble: "bare-import",
    advise: bareImport,
  },
  {
    part: /Import "[^"\n]*" not a dependency(?: and not in import map(?: from "[^"\n]*")?)?(?=$|\n[ \t]*at )/,
    stays: true,
    trouble: "bare-import",
    advise: bareImport,
  },
  { part: / Run `deno install --frozen=false`, or rerun with [^\n]*/, trouble: "lock", advise: outOfLock },
  // Of a file that is not there, without its extension.
  {
    part: OTHER_NAME,
    trouble: "extension",
    advise: otherName,
  },
  { part: NOT_GRANTED, trouble: "permission", advise: notGranted },
  {
    part: /; path-scoped grants \(e\.g\. --allow-write=<path>\) are not supported[^\n]*/,
    trouble: "permission",
    advise: wholeGrant,
  },
  { part: /^getaddrinfo EPERM (\S+)$/, stays: true, trouble: "permission", advise: noLookup },
  {
    part:
      /^Failed to spawn '[^'/\\\n]*': (?:entity not found|no path to search and provided name is not an absolute path)$/,
    stays: true,
    trouble: "permission",
    advise: noCommand,
  },
  { part: /^spawn(?:Sync)? [^/\\\s]+ ENOENT$/, stays: true, trouble: "permission", advise: noCommand },
  { part: /^(?:localStorage|caches) is not defined$/, stays: true, trouble: "permission", advise: noStorage },
  { part: /The `--unstable-[\w-]+` flag must be provided\.?/, stays: true, trouble: "unstable", advise: unstable },
  { part: /\n[ \t]*hint: run with --unstable-raw-imports/, trouble: "unstable", advise: rawImports },
  { part: /^"(?:text|bytes)" is not a valid module type\.?/, stays: true, trouble: "unstable", advise: rawImports },
  { part: / or run with --(?:unstable-)?sloppy-imports/, trouble: "extension", advise: sloppyImport },
  { part: /[,;]? but --no-(?:npm|remote) is specified\.?/, trouble: "untrusted-import", advise: closedRegistry },
  {
    part: /Could not find npm package '[^'\n]*'[^\n]*/,
    stays: true,
    trouble: "untrusted-import",
    advise: otherRegistry,
  },
  { part: /^React is not defined$/, stays: true, trouble: "untrusted-import", advise: noCompilerOptions },
  // Deno has a hint for this, but only where it ends a program.
  {
    part: /^(?:require|module|exports|__dirname|__filename) is not defined$/,
    stays: true,
    trouble: "commonjs",
    advise: commonJs,
  },
  { part: /^Import '[^'\n]*' failed: 40[13] [^\n]*/, stays: true, trouble: "variables", advise: noToken },
  // As Deno says it, its sockets and Node's, and an undici of npm, whose cause has the rest.
  {
    part: /error sending request for url [^\n]*|invalid peer certificate: [^\n]*|^fetch failed$/,
    stays: true,
    trouble: "variables",
    advise: noConnection,
  },
];

/** The text of an error, with advice in the place of Deno's; the same text where there is none to give. */
export function explain(text: string, worker: Circumstances): string {
  for (const { part, stays, trouble, advise } of RULES) {
    const match = part.exec(text);
    const advice = match === null ? undefined : advise(text, worker);
    if (match === null || advice === undefined) continue;
    const end = match.index + match[0].length;
    const cause = text.slice(0, stays ? end : match.index).replace(/\.$/, "");
    return `${cause}; ${advice}${see(trouble)}${text.slice(end)}`;
  }
  return text;
}

/** Explains an error in its message, and in the first lines of its stack. */
export function explainError(error: unknown, worker: Circumstances): void {
  if (!(error instanceof Error)) return;
  const { message, stack } = error;
  const explained = explain(message, worker);
  if (explained === message) return;
  error.message = explained;
  if (typeof stack === "string") error.stack = stack.replace(message, () => explained);
}

function notInCache(text: string, worker: Circumstances): string {
  const { module = "<module>", config, folder, mayReadFolder } = worker;
  const registry = text.includes("npm package") ? ["NPM_CONFIG_REGISTRY"] : text.includes("JSR") ? ["JSR_URL"] : [];
  return `workers download nothing, run \`deno cache ${module}\` first, import it in the program, or grant ` +
    "`permissions: { import: true }`" + needsVariables([...CACHE_VARIABLES, ...registry], worker) +
    (config === undefined && folder !== undefined && !mayReadFolder
      ? `; if its deno.json sets "vendor" or "nodeModulesDir", run this program with --allow-read=${folder}`
      : "");
}

function needsVariables(names: readonly string[], worker: Circumstances): string {
  const hidden = names.filter((name) => worker.isHidden(name));
  if (hidden.length === 0) return "";
  const list = hidden.length === 1 ? hidden[0] : `${hidden.slice(0, -1).join(", ")} or ${hidden.at(-1)}`;
  return `; if ${list} is set, run this program with --allow-env=${hidden.join(",")}`;
}

function bareImport(_: string, { config, folder, mayReadFolder, flagsAreKnown, trust }: Circumstances): string {
  // An untrusted worker takes no import map of the program in any case.
  const map = trust === "untrusted" ? "" : unknownMap(flagsAreKnown);
  if (config === undefined) {
    if (folder === undefined) return "this module has no deno.json, name a file beside one with `configOf`";
    return mayReadFolder
      ? `there is no deno.json in ${folder} or above it, add one, or name a file beside another with \`configOf\`` + map
      : `no deno.json could be read, run this program with --allow-read=${folder} (or the folder that holds your deno.json), ` +
        "or name a file beside one that it may read with `configOf`";
  }
  if (trust === "untrusted") return `an untrusted module has only the names in "imports" of ${config}`;
  return `${config} does not map it, add it there, or name a file beside another deno.json with \`configOf\`${map}`;
}

function unknownMap(flagsAreKnown: boolean): string {
  return flagsAreKnown
    ? ""
    : '; an --import-map of this program\'s command line is not known here, set "importMap" there';
}

function outOfLock(_: string, { module = "<module>" }: Circumstances): string {
  return `workers load only what it pins, run \`deno cache ${module}\` or \`deno install\` first, or set ` +
    "`frozen: false`, which ignores the lock file";
}

function notGranted(text: string, worker: Circumstances): string {
  // The path may have quotes in it: it ends where the advice begins.
  const [line = ""] = text.slice(text.lastIndexOf("Requires ", text.search(NOT_GRANTED))).split("\n", 1);
  const [, kind, quoted, place] = /^Requires (\w+) access(?: to (?:"(.*)"|(<\w+>)))?, run again/.exec(line) ?? [];
  const target = place === "<TMP>" ? worker.temporaryFolder : quoted && grantedPath(kind!, quoted, worker);
  if (kind === undefined || kind === "all") return "in a corral worker: it cannot be granted";
  if (target?.includes(".corral.invalid")) {
    return "in a corral worker: a relative URL has no page to start from, give fetch() an absolute one";
  }
  if (worker.isDenied(kind as PermissionKind, target)) {
    return `in a corral worker: \`deny\` says so, take it out of \`deny.${kind}\` if it is wanted`;
  }
  // A library that is looked for by its name is none that a grant can name.
  const isWhole = target === undefined || (kind === "ffi" && !/[/\\]/.test(target));
  const grant = isWhole ? "true" : `[${JSON.stringify(target)}]`;
  // An untrusted module may read the files that its folder had.
  const own = kind === "read" && isInUntrustedFolder(target, worker)
    ? ", or see that it lies in the module's folder when the pool is made"
    : "";
  return `in a corral worker: grant it with \`permissions: { ${kind}: ${grant} }\`${own}`;
}

/** A relative path counts from the worker's folder where it is used, and from the program's where it is granted. */
function grantedPath(kind: string, target: string, { cwd }: Circumstances): string {
  const isRelative = (kind === "read" || kind === "write") && !isAbsolutePath(target);
  return isRelative && cwd !== undefined ? absolutePath(`${cwd}/${target}`) : target;
}

function isInUntrustedFolder(path: string | undefined, { module, trust }: Circumstances): boolean {
  const folder = module === undefined ? undefined : /^(?:\/|[A-Za-z]:\\|\\\\)(?:.*[\\/])?/.exec(module)?.[0];
  return trust === "untrusted" && folder !== undefined && path !== undefined && path.startsWith(folder);
}

function wholeGrant(): string {
  return "in a corral worker: make the link in your program, or grant it with `permissions: { read: true, write: true }` and " +
    "`dangerouslyWritableCode: true`";
}

function noLookup(text: string): string {
  return `in a corral worker: grant it with \`permissions: { net: [${JSON.stringify(text.split(" ").at(-1))}] }\``;
}

function noCommand(text: string, { mayRun }: Circumstances): string | undefined {
  if (mayRun) return undefined;
  const command = /'(.*?)'/.exec(text)?.[1] ?? text.split(" ")[1];
  return "in a corral worker: a command of the PATH is found when it is granted with " +
    `\`permissions: { run: [${JSON.stringify(command)}] }\``;
}

function noStorage(): string {
  return "in a corral worker: it keeps nothing on disk, set `storage: true`";
}

function unstable(text: string, { config, trust }: Circumstances): string {
  if (trust === "untrusted") {
    return 'an untrusted module cannot use unstable APIs, "unstable" in a deno.json does not apply to it';
  }
  const name = /--unstable-([\w-]+)/.exec(text)?.[1];
  return `set "unstable": ["${name}"] in ${config ?? "a deno.json beside the module"}, which holds for workers as well`;
}

function rawImports(_: string, worker: Circumstances): string {
  return worker.trust === "untrusted"
    ? 'an untrusted module may import text and bytes with `env: { DENO_UNSTABLE_RAW_IMPORTS: "1" }`'
    : unstable("--unstable-raw-imports", worker);
}

function otherName(text: string): string | undefined {
  return OTHER_NAME.exec(text)?.[1];
}

function otherRegistry(_: string, { trust }: Circumstances): string | undefined {
  if (trust === "trusted") return undefined;
  return "an untrusted module does not use .npmrc, name the registry with `env: { NPM_CONFIG_REGISTRY: <URL> }`";
}

function noCompilerOptions(_: string, { trust }: Circumstances): string | undefined {
  if (trust === "trusted") return undefined;
  return 'an untrusted module does not use "compilerOptions", name where its JSX comes from in the file, with ' +
    "`/** @jsxImportSource <package> */`";
}

function commonJs(): string {
  return 'Deno takes the file for an ES module, name it ".cjs", set "type": "commonjs" in a package.json beside it, or use ' +
    "import and export";
}

function sloppyImport(_: string, { config }: Circumstances): string {
  return `for imports without an extension set "unstable": ["sloppy-imports"] in ${config ?? "a deno.json beside it"}`;
}

function closedRegistry(_: string, { module = "<module>", trust }: Circumstances): string {
  if (trust === "trusted") {
    return 'packages of npm come from a host as well, add "registry.npmjs.org" to `permissions.import`';
  }
  return "an untrusted module loads from its own folder only, put its packages into one file with " +
    `\`deno bundle ${module} -o <file>\`, or grant \`permissions: { import: true }\``;
}

function noToken(_: string, { module = "<module>", trust }: Circumstances): string {
  return "workers are not given the DENO_AUTH_TOKENS of this program, run `deno cache " + module +
    "` with it first, or " +
    (trust === "trusted"
      ? "hand it on with `env: { DENO_AUTH_TOKENS: <tokens> }`"
      : "import the module in the program");
}

function noConnection(_: string, worker: Circumstances): string | undefined {
  return needsVariables(NETWORK_VARIABLES, worker).slice(2) || undefined;
}
