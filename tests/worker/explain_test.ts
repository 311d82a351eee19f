/** Unit tests by table, word for word, of what is said about Deno's errors in workers; and end-to-end tests with real programs. */
import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { Pool } from "../../mod.ts";
import { see } from "../../src/troubles.ts";
import type { Circumstances } from "../../src/worker/circumstances.ts";
import { explain, explainError } from "../../src/worker/explain.ts";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";
import { Registries } from "../helpers/servers/registries.ts";
import { OPEN } from "../helpers/circumstances.ts";

const CONNECTING =
  "if DENO_CERT, DENO_TLS_CA_STORE, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, SSL_CERT_DIR, HTTP_PROXY, http_proxy, HTTPS_PROXY, https_proxy, ALL_PROXY, " +
  "all_proxy, NO_PROXY or no_proxy is set, run this program with --allow-env=DENO_CERT,DENO_TLS_CA_STORE,NODE_EXTRA_CA_CERTS,SSL_CERT_FILE," +
  "SSL_CERT_DIR,HTTP_PROXY,http_proxy,HTTPS_PROXY,https_proxy,ALL_PROXY,all_proxy,NO_PROXY,no_proxy";

const BLIND: Circumstances = {
  ...OPEN,
  mayReadFolder: false,
  config: undefined,
  flagsAreKnown: false,
  isHidden: () => true,
};

const DOWNLOAD = "workers download nothing, run `deno cache /srv/tasks.ts` first, import it in the program, or grant " +
  "`permissions: { import: true }`";
const AT = "\n    at file:///srv/tasks.ts:1:8";

const CASES: [what: string, text: string, worker: Circumstances, expected: string][] = [
  [
    "a package of npm that is not in the cache",
    'Failed loading https://registry.npmjs.org/leven for package "leven"\n    0: npm package not found in cache: "leven", --cached-only is specified.' +
    AT,
    OPEN,
    `Failed loading https://registry.npmjs.org/leven for package "leven"\n    0: npm package not found in cache: "leven"; ${DOWNLOAD}${
      see("not-cached")
    }${AT}`,
  ],
  [
    "a package of JSR that is not in the cache, or in one that the program may not tell of",
    `JSR package manifest for '@std/bytes' failed to load. Specifier not found in cache: "https://jsr.io/@std/bytes/meta.json", --cached-only is specified.`,
    BLIND,
    `JSR package manifest for '@std/bytes' failed to load. Specifier not found in cache: "https://jsr.io/@std/bytes/meta.json"; ${DOWNLOAD}; ` +
    "if DENO_DIR, HOME, XDG_CACHE_HOME or JSR_URL is set, run this program with --allow-env=DENO_DIR,HOME,XDG_CACHE_HOME,JSR_URL; " +
    'if its deno.json sets "vendor" or "nodeModulesDir", run this program with --allow-read=/srv/' + see("not-cached"),
  ],
  [
    "a remote module that is not in the cache, while one variable is hidden",
    'Specifier not found in cache: "https://x.org/a.ts", --cached-only is specified.',
    { ...OPEN, isHidden: (name) => name === "HOME" },
    `Specifier not found in cache: "https://x.org/a.ts"; ${DOWNLOAD}; if HOME is set, run this program with --allow-env=HOME${
      see("not-cached")
    }`,
  ],
  [
    "a server that wants a token",
    "Import 'https://x.org/a.ts' failed: 401 Unauthorized",
    OPEN,
    "Import 'https://x.org/a.ts' failed: 401 Unauthorized; workers are not given the DENO_AUTH_TOKENS of this program, run " +
    "`deno cache /srv/tasks.ts` with it first, or hand it on with `env: { DENO_AUTH_TOKENS: <tokens> }`" +
    see("variables"),
  ],
  [
    "a server that wants a token, and code that must not know it",
    "Import 'https://x.org/a.ts' failed: 403 Forbidden",
    { ...OPEN, trust: "untrusted" },
    "Import 'https://x.org/a.ts' failed: 403 Forbidden; workers are not given the DENO_AUTH_TOKENS of this program, run " +
    "`deno cache /srv/tasks.ts` with it first, or import the module in the program" + see("variables"),
  ],
  [
    "a bare import while no deno.json could be read",
    `Import "leven" not a dependency\n  hint: If you want to use the npm package, try running \`deno add npm:leven\`${AT}`,
    BLIND,
    'Import "leven" not a dependency; no deno.json could be read, run this program with --allow-read=/srv/ ' +
    "(or the folder that holds your deno.json), or name a file beside one that it may read with `configOf`" +
    see("bare-import") + AT,
  ],
  [
    "a bare import that no package can have, for which Deno has no hint",
    `Import "@/util.ts" not a dependency${AT}`,
    BLIND,
    'Import "@/util.ts" not a dependency; no deno.json could be read, run this program with --allow-read=/srv/ ' +
    "(or the folder that holds your deno.json), or name a file beside one that it may read with `configOf`" +
    see("bare-import") + AT,
  ],
  [
    "a bare import of a package of JSR",
    `Import "@std/async" not a dependency\n  hint: If you want to use the JSR package, try running \`deno add jsr:@std/async\`${AT}`,
    { ...OPEN, config: undefined },
    'Import "@std/async" not a dependency; there is no deno.json in /srv/ or above it, add one, or name a file beside another with ' +
    `\`configOf\`${see("bare-import")}${AT}`,
  ],
  [
    "a bare import where there is no deno.json",
    'Import "leven" not a dependency',
    { ...OPEN, config: undefined },
    'Import "leven" not a dependency; there is no deno.json in /srv/ or above it, add one, or name a file beside another with `configOf`' +
    see("bare-import"),
  ],
  [
    "a bare import where there is no deno.json, while the flags of the program are not known",
    'Import "leven" not a dependency',
    { ...OPEN, config: undefined, flagsAreKnown: false },
    'Import "leven" not a dependency; there is no deno.json in /srv/ or above it, add one, or name a file beside another with `configOf`; ' +
    `an --import-map of this program's command line is not known here, set "importMap" there${see("bare-import")}`,
  ],
  [
    "a bare import that the deno.json does not map",
    `Import "x" not a dependency and not in import map from "file:///srv/tasks.ts"\n  hint: If you want to use the npm package, try running \`deno add npm:x\`${AT}`,
    { ...OPEN, flagsAreKnown: false },
    'Import "x" not a dependency and not in import map from "file:///srv/tasks.ts"; /srv/deno.json does not map it, add it there, ' +
    "or name a file beside another deno.json with `configOf`; an --import-map of this program's command line is not known here, " +
    `set "importMap" there${see("bare-import")}${AT}`,
  ],
  [
    "a bare import of an untrusted module",
    'Import "x" not a dependency',
    { ...OPEN, trust: "untrusted" },
    'Import "x" not a dependency; an untrusted module has only the names in "imports" of /srv/deno.json' +
    see("bare-import"),
  ],
  [
    "a bare import of something that may be in both registries",
    'Import "@me/x" not a dependency\n  hint: If you want to use a JSR or npm package, try running `deno add jsr:@me/x` or `deno add npm:@me/x`' +
    AT,
    { ...OPEN, trust: "untrusted" },
    'Import "@me/x" not a dependency; an untrusted module has only the names in "imports" of /srv/deno.json' +
    see("bare-import") + AT,
  ],
  [
    "a file without its extension that may not be read",
    `Requires read access to "/srv/x", run again with the --allow-read flag Maybe add a '.ts' extension or run with --sloppy-imports${AT}`,
    { ...OPEN, trust: "untrusted" },
    `Requires read access to "/srv/x"; add a '.ts' extension${see("extension")}${AT}`,
  ],
  [
    "a file of an untrusted module's folder that is not there",
    'Requires read access to "/srv/x.ts", run again with the --allow-read flag',
    { ...OPEN, trust: "untrusted" },
    'Requires read access to "/srv/x.ts"; in a corral worker: grant it with `permissions: { read: ["/srv/x.ts"] }`, ' +
    `or see that it lies in the module's folder when the pool is made${see("permission")}`,
  ],
  [
    "a file that is read from a folder of the worker's own",
    `Requires read access to "x.txt", run again with the --allow-read flag${AT}`,
    { ...OPEN, cwd: "/srv/data" },
    `Requires read access to "x.txt"; in a corral worker: grant it with \`permissions: { read: ["/srv/data/x.txt"] }\`${
      see("permission")
    }${AT}`,
  ],
  [
    "a file with quotes in its name",
    'Requires write access to "a"b", c"", run again with the --allow-write flag',
    OPEN,
    'Requires write access to "a"b", c""; in a corral worker: grant it with `permissions: { write: ["a\\"b\\", c\\""] }`' +
    see("permission"),
  ],
  [
    "an import of bytes",
    `The import attribute type of "bytes" is unsupported.\n  Specifier: file:///srv/x\n  hint: run with --unstable-raw-imports${AT}`,
    OPEN,
    'The import attribute type of "bytes" is unsupported.\n  Specifier: file:///srv/x; set "unstable": ["raw-imports"] in /srv/deno.json, ' +
    `which holds for workers as well${see("unstable")}${AT}`,
  ],
  [
    "an import of bytes by an untrusted module",
    `"bytes" is not a valid module type.${AT}`,
    { ...OPEN, trust: "untrusted" },
    '"bytes" is not a valid module type; an untrusted module may import text and bytes with `env: { DENO_UNSTABLE_RAW_IMPORTS: "1" }`' +
    see("unstable") + AT,
  ],
  [
    "an unstable API in an untrusted module",
    "Unstable API 'Deno.x'. The `--unstable-x` flag must be provided.",
    { ...OPEN, trust: "untrusted" },
    "Unstable API 'Deno.x'. The `--unstable-x` flag must be provided; an untrusted module cannot use unstable APIs, \"unstable\" in a deno.json does not apply to it" +
    see("unstable"),
  ],
  [
    "a package that another registry has, in an untrusted module",
    `Could not find npm package 'npm-dep' matching '1'.${AT}`,
    { ...OPEN, trust: "untrusted" },
    "Could not find npm package 'npm-dep' matching '1'; an untrusted module does not use .npmrc, name the registry with " +
    `\`env: { NPM_CONFIG_REGISTRY: <URL> }\`${see("untrusted-import")}${AT}`,
  ],
  [
    "JSX of an untrusted module",
    "React is not defined",
    { ...OPEN, trust: "untrusted" },
    'React is not defined; an untrusted module does not use "compilerOptions", name where its JSX comes from in the file, with ' +
    `\`/** @jsxImportSource <package> */\`${see("untrusted-import")}`,
  ],
  [
    "a CommonJS module that Deno takes for another kind",
    "require is not defined",
    OPEN,
    'require is not defined; Deno takes the file for an ES module, name it ".cjs", set "type": "commonjs" in a package.json beside it, or use ' +
    `import and export${see("commonjs")}`,
  ],
  [
    "what is not in the lock file",
    "The lockfile is out of date. Run `deno install --frozen=false`, or rerun with `--frozen=false` to update it.\nchanges:\n 1 | +{",
    OPEN,
    "The lockfile is out of date; workers load only what it pins, run `deno cache /srv/tasks.ts` or `deno install` first, " +
    `or set \`frozen: false\`, which ignores the lock file${see("lock")}\nchanges:\n 1 | +{`,
  ],
  [
    "a relative URL",
    'Requires net access to "0a1b.corral.invalid:80", run again with the --allow-net flag',
    OPEN,
    'Requires net access to "0a1b.corral.invalid:80"; in a corral worker: a relative URL has no page to start from, give fetch() an absolute one' +
    see("permission"),
  ],
  [
    "a permission that was not granted",
    'Requires net access to "example.com:443", run again with the --allow-net flag',
    OPEN,
    'Requires net access to "example.com:443"; in a corral worker: grant it with `permissions: { net: ["example.com:443"] }`' +
    see("permission"),
  ],
  [
    "a permission for everything of its kind",
    "Requires env access, run again with the --allow-env flag",
    OPEN,
    "Requires env access; in a corral worker: grant it with `permissions: { env: true }`" + see("permission"),
  ],
  [
    "the folder for temporary files",
    "Requires write access to <TMP>, run again with the --allow-write flag",
    OPEN,
    'Requires write access to <TMP>; in a corral worker: grant it with `permissions: { write: ["/tmp"] }`' +
    see("permission"),
  ],
  [
    "a native library that is named without a folder, which no grant can name",
    'Requires ffi access to "libc.so.6", run again with the --allow-ffi flag',
    OPEN,
    'Requires ffi access to "libc.so.6"; in a corral worker: grant it with `permissions: { ffi: true }`' +
    see("permission"),
  ],
  [
    "a link, for which Deno takes no list of paths",
    "Deno.symlink() requires unscoped --allow-read and --allow-write permissions; path-scoped grants (e.g. --allow-write=<path>) are not supported because a link's target is not known",
    OPEN,
    "Deno.symlink() requires unscoped --allow-read and --allow-write permissions; in a corral worker: make the link in your program, or " +
    "grant it with `permissions: { read: true, write: true }` and `dangerouslyWritableCode: true`" + see("permission"),
  ],
  [
    "a name that node:net may not look up",
    "getaddrinfo EPERM db.example.com",
    OPEN,
    'getaddrinfo EPERM db.example.com; in a corral worker: grant it with `permissions: { net: ["db.example.com"] }`' +
    see("permission"),
  ],
  ...["Failed to spawn 'git': entity not found", "spawn git ENOENT", "spawnSync git ENOENT"].map(
    (text): [string, string, Circumstances, string] => [
      `a command that is not found without a PATH: ${text}`,
      text,
      OPEN,
      `${text}; in a corral worker: a command of the PATH is found when it is granted with \`permissions: { run: ["git"] }\`` +
      see("permission"),
    ],
  ),
  ["a command that is not there, though granted", "spawn git ENOENT", { ...OPEN, mayRun: true }, "spawn git ENOENT"],
  [
    "storage",
    "localStorage is not defined",
    OPEN,
    `localStorage is not defined; in a corral worker: it keeps nothing on disk, set \`storage: true\`${
      see("permission")
    }`,
  ],
  [
    "an unstable API",
    "Unstable API 'Worker.deno.permissions'. The `--unstable-worker-options` flag must be provided.\n",
    OPEN,
    "Unstable API 'Worker.deno.permissions'. The `--unstable-worker-options` flag must be provided; set \"unstable\": " +
    `["worker-options"] in /srv/deno.json, which holds for workers as well${see("unstable")}\n`,
  ],
  [
    "a name that an untrusted module does not have",
    'Import "leven" not a dependency and not in import map from "file:///srv/tasks.ts"',
    { ...OPEN, trust: "untrusted" },
    'Import "leven" not a dependency and not in import map from "file:///srv/tasks.ts"; an untrusted module has only the names in ' +
    `"imports" of /srv/deno.json${see("bare-import")}`,
  ],
  [
    "an import without an extension",
    `Module not found "file:///srv/a". Maybe add a '.ts' extension or run with --sloppy-imports${AT}`,
    OPEN,
    `Module not found "file:///srv/a". Maybe add a '.ts' extension; for imports without an extension set ` +
    `"unstable": ["sloppy-imports"] in /srv/deno.json${see("extension")}${AT}`,
  ],
  [
    "a download that fails",
    "Import 'https://x.org/a.ts' failed.\n    0: error sending request for url (https://x.org/a.ts): invalid peer certificate\n    1: x",
    BLIND,
    "Import 'https://x.org/a.ts' failed.\n    0: error sending request for url (https://x.org/a.ts): invalid peer certificate; " +
    CONNECTING + see("variables") + "\n    1: x",
  ],
  ["a package of npm that connects", "fetch failed", BLIND, `fetch failed; ${CONNECTING}${see("variables")}`],
  [
    "a socket whose certificate is not known",
    "invalid peer certificate: UnknownIssuer",
    BLIND,
    `invalid peer certificate: UnknownIssuer; ${CONNECTING}${see("variables")}`,
  ],
  [
    "a package of npm in an untrusted module",
    `npm specifiers were requested; but --no-npm is specified${AT}`,
    { ...OPEN, trust: "untrusted" },
    "npm specifiers were requested; an untrusted module loads from its own folder only, put its packages into one file with " +
    "`deno bundle /srv/tasks.ts -o <file>`, or grant `permissions: { import: true }`" + see("untrusted-import") + AT,
  ],
  [
    "a remote module in an untrusted one",
    'A remote specifier was requested: "https://x.org/a.ts", but --no-remote is specified.',
    { ...OPEN, trust: "untrusted" },
    'A remote specifier was requested: "https://x.org/a.ts"; an untrusted module loads from its own folder only, put its packages into ' +
    "one file with `deno bundle /srv/tasks.ts -o <file>`, or grant `permissions: { import: true }`" +
    see("untrusted-import"),
  ],
  [
    "a package of npm while hosts are granted, and npm's is not among them",
    "npm specifiers were requested; but --no-npm is specified",
    OPEN,
    'npm specifiers were requested; packages of npm come from a host as well, add "registry.npmjs.org" to `permissions.import`' +
    see("untrusted-import"),
  ],
  ["another error", "x is not a function", BLIND, "x is not a function"],
];

for (const [what, text, worker, expected] of CASES) {
  Deno.test(`explain() says what to do about ${what}`, () => assertEquals(explain(text, worker), expected));
}

Deno.test("explainError() changes message and stack, and nothing that is not an error", () => {
  const error = new TypeError("Requires env access, run again with the --allow-env flag");
  explainError(error, OPEN);
  const expected = "Requires env access; in a corral worker: grant it with `permissions: { env: true }`" +
    see("permission");
  assertEquals(error.message, expected);
  assertStringIncludes(error.stack!, `TypeError: ${expected}\n    at `);
  explainError("Requires env access, run again with the --allow-env flag", OPEN);
});

Deno.test("errors of real workers are explained, at the start, in a task, in an item of a map and in a process", async () => {
  await using registries = new Registries();
  registries.npm["npm-dep"] = { "1.0.0": { text: "export const npm = 1;" } };
  const main = `import { Pool, Process } from "LIBRARY";
const attempt = async (call: () => Promise<unknown>) => console.log((await call().catch((error) => error)).message);
const module = import.meta.resolve("./tasks.ts");
{ await using pool = new Pool({ workers: 1, module }); await attempt(() => pool.apply("f")); }
await using pool = new Pool({ workers: 1 });
await attempt(() => pool.apply(() => Deno.env.get("HOME")));
await attempt(() => pool.map((name: string) => Deno.readTextFileSync(name), ["/etc/passwd"]));
await attempt(() => pool.apply((name: string) => import(name), ["npm:npm-dep@1"]));
const process = new Process({ target: () => { Deno.readTextFileSync("/etc/hosts"); } });
process.start();
await process.join();`;
  await using folder = await ProjectFolder.make({
    "main.ts": main,
    "tasks.ts": 'import "npm-dep"; export const f = () => 1;',
    "deno.json": '{ "imports": { "npm-dep": "npm:npm-dep@1" } }',
  }, registries.env);
  const run = (...flags: string[]) =>
    folder.deno("run", "--no-prompt", "--no-lock", "--allow-run", ...flags, "main.ts");
  const blind = await run("--allow-env=DENO_DIR,NPM_CONFIG_REGISTRY,HOME,XDG_CACHE_HOME");
  const [bare, env, read, npm] = blind.stdout.split(/\n(?=Import|Requires|Failed)/);
  assertStringIncludes(
    bare!,
    `Import "npm-dep" not a dependency; no deno.json could be read, run this program with --allow-read=${folder.path}`,
  );
  assertEquals(
    env,
    'Requires env access to "HOME"; in a corral worker: grant it with `permissions: { env: ["HOME"] }`' +
      see("permission"),
  );
  assertEquals(
    read,
    'Requires read access to "/etc/passwd"; in a corral worker: grant it with `permissions: { read: ["/etc/passwd"] }`' +
      see("permission"),
  );
  assertStringIncludes(
    npm!,
    'npm package not found in cache: "npm-dep"; workers download nothing, run `deno cache <module>` first',
  );
  assertStringIncludes(
    blind.stderr,
    'Process-1: error: Uncaught (in promise) NotCapable: Requires read access to "/etc/hosts"; in a corral worker: grant it with ' +
      '`permissions: { read: ["/etc/hosts"] }`',
  );
  const seeing = await run("--allow-read=.", "--allow-env=DENO_DIR,NPM_CONFIG_REGISTRY,HOME,XDG_CACHE_HOME");
  assertStringIncludes(
    seeing.stdout,
    `npm package not found in cache: "npm-dep"; workers download nothing, run \`deno cache ${folder.path}/tasks.ts\` first`,
  );
});

Deno.test("what a task may not do names a grant which, copied into the pool's options, mends it", async () => {
  await mendByAdvice(async () => void await new Deno.Command("deno", { args: ["--version"] }).output());
  await mendByAdvice(() => Deno.env.get("HOME"));
  await mendByAdvice(() => localStorage.clear());
});

/** Does what each error says until there is none; an advice that changes nothing fails. */
async function mendByAdvice(task: () => unknown): Promise<void> {
  const permissions: Record<string, string[]> = {};
  let storage: boolean = false;
  while (true) {
    await using pool: Pool = new Pool({ workers: 1, permissions, storage });
    const error: Error | undefined = await pool.apply(task).then(() => undefined, (error: Error) => error);
    if (error === undefined) return;
    const [, kind, item] = /`permissions: \{ (\w+): \["(.*?)"\] \}`/.exec(error.message) ?? [];
    const advised = JSON.stringify([permissions, storage]);
    if (kind !== undefined) permissions[kind] = [...new Set([...permissions[kind] ?? [], item!])];
    storage ||= error.message.includes("`storage: true`");
    assertNotEquals(JSON.stringify([permissions, storage]), advised, error.message);
  }
}

Deno.test("a worker that wants what the lock file does not pin says so", async () => {
  await using registries = new Registries();
  registries.npm["npm-dep"] = { "1.0.0": { text: "export const npm = 1;" } };
  await using folder = await ProjectFolder.make({
    "main.ts": `import { Pool } from "LIBRARY";
await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.ts") });
console.log((await pool.apply("f").catch((error) => error)).message);`,
    "tasks.ts": 'import "npm:npm-dep@1"; export const f = () => 1;',
    "deno.json": "{}",
    "deno.lock": '{ "version": "5" }',
  }, registries.env);
  await folder.mustRun("cache", "--no-lock", "tasks.ts");
  const { stdout } = await folder.deno("run", "-A", "main.ts");
  assertStringIncludes(
    stdout,
    `The lockfile is out of date; workers load only what it pins, run \`deno cache ${folder.path}/tasks.ts\` or \`deno install\` first, ` +
      "or set `frozen: false`, which ignores the lock file" + see("lock"),
  );
});
