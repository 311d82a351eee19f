// Unit and end-to-end: docs/troubleshooting.md quotes, word for word, what the library prints, and errors lead to places that are there.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Pool } from "../../mod.ts";
import { encode } from "../../src/wire/codec/codec.ts";
import { see, type Trouble, TROUBLES, TROUBLESHOOTING } from "../../src/troubles.ts";
import { startTimeoutError, type WorkerExit, workerExitError } from "../../src/worker/exit_error.ts";
import type { Circumstances } from "../../src/worker/circumstances.ts";
import { explain } from "../../src/worker/explain.ts";
import { requireVisible } from "../../src/worker/program/compiled_program.ts";
import { chooseDeno, requireDenoVersion, spawnFailure } from "../../src/worker/program/deno_executable.ts";
import { REPOSITORY } from "../../scripts/build_site.ts";
import { OPEN as WORKER } from "../helpers/circumstances.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = await Deno.readTextFile(new URL("docs/troubleshooting.md", ROOT));

const UNTRUSTED: Circumstances = { ...WORKER, trust: "untrusted" };
const BLIND: Circumstances = { ...WORKER, mayReadFolder: false, config: undefined, isHidden: () => true };

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("It did not throw");
}

/** What a program says that holds these permissions only, and runs one line. */
async function saysProgram(line: string, ...flags: string[]): Promise<string> {
  const source = `import * as corral from ${JSON.stringify(new URL("mod.ts", ROOT).href)};
try { ${line} } catch (error) { console.log(error.message); }`;
  const args = [...["run", "--quiet", "--no-prompt", "--no-config"], ...flags];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args, `data:text/javascript,${encodeURIComponent(source)}`],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

function noDeno(options: { standalone?: boolean; isWorker?: boolean; isLoading?: boolean }): string {
  const surroundings = { standalone: false, isWorker: false, isLoading: false, execPath: "/usr/bin/deno", ...options };
  return messageOf(() => chooseDeno(undefined, { ...surroundings, mayRun: () => false }));
}

function exit(details: Partial<WorkerExit>, taskStarted = true): string {
  const known = { pid: 4711, exitCode: null, signal: null, stderrTail: "", wasReady: true, inFrame: false };
  return workerExitError({ ...known, violation: undefined, exceededMemory: undefined, ...details }, taskStarted)
    .message;
}

const notLoaded = 'Import "leven" not a dependency';
const notCached = 'npm package not found in cache: "leven", --cached-only is specified.';

/** For each section the errors that lead to it, made by the code that makes them for users. */
const ERRORS: Readonly<Record<Trouble, () => readonly string[] | Promise<readonly string[]>>> = {
  "other-runtime": async () => [
    // A real Node is asked by other_runtimes_test.ts; here, what the module throws without a global "Deno".
    await saysProgram(
      `globalThis.process = { versions: { node: "24.0.0" } }; delete globalThis.Deno; await import(${
        JSON.stringify(new URL("src/require_deno.ts#again", ROOT).href)
      })`,
      "--allow-all",
    ),
  ],
  "old-deno": () => [messageOf(() => requireDenoVersion("2.8.0"))],
  "run-deno": () => [noDeno({})],
  "pool-in-worker": () => [noDeno({ isWorker: true })],
  "top-level-pool": () => [noDeno({ isWorker: true, isLoading: true })],
  compiled: () => [
    noDeno({ standalone: true }),
    messageOf(() =>
      requireVisible("file:///tmp/deno-compile-app/tasks.ts", {
        standalone: true,
        mainModule: "file:///tmp/deno-compile-app/main.ts",
      })
    ),
  ],
  "no-deno": () => [`Cannot start a worker: ${spawnFailure(new Deno.errors.NotFound("Failed to spawn 'deno'"))}`],
  grant: async () => [
    await saysProgram('new corral.Pool({ permissions: { net: ["example.com"] } })', "--allow-run"),
  ],
  start: () => [exit({ wasReady: false, exitCode: 1, stderrTail: "why" })],
  "start-timeout": () => [startTimeoutError({ pid: 4711, stderrTail: "" }, 30_000).message],
  "not-cached": () => [explain(notCached, WORKER), explain(notCached, BLIND)],
  variables: () => [
    explain("error sending request for url (https://example.com/a.ts): invalid peer certificate", BLIND),
    explain("Import 'https://example.com/a.ts' failed: 401 Unauthorized", WORKER),
  ],
  "bare-import": () => [explain(notLoaded, BLIND), explain(notLoaded, WORKER)],
  extension: () => [
    explain(`Module not found "file:///srv/a". Maybe add a '.ts' extension or run with --sloppy-imports`, WORKER),
  ],
  commonjs: () => [explain("require is not defined", WORKER)],
  unstable: () => [
    explain("Unstable API 'Worker.deno.permissions'. The `--unstable-worker-options` flag must be provided.", WORKER),
  ],
  lock: () => [
    explain("The lockfile is out of date. Run `deno install --frozen=false`, or rerun with `--frozen=false`", WORKER),
  ],
  "untrusted-import": () => [
    explain("npm specifiers were requested; but --no-npm is specified", UNTRUSTED),
    explain("Could not find npm package 'thing' matching '1'.", UNTRUSTED),
    explain("React is not defined", UNTRUSTED),
  ],
  "source-text": async () => {
    await using pool = new Pool({ workers: 1 });
    const factor = 2;
    const scale = (x: number) => x * factor;
    return [await pool.apply(scale, [1]).then(String, (error: Error) => error.message)];
  },
  permission: () => [
    explain('Requires net access to "example.com:443", run again with the --allow-net flag', WORKER),
  ],
  data: async () => {
    class Owner {
      name = "corral";
    }
    const rows = [1, 2, 3, { owner: new Owner() }];
    await using pool = new Pool({ workers: 1 });
    const returned = pool.apply(() => ({ parse: (text: string) => text.length })).then(
      String,
      (error) => error.message,
    );
    return [messageOf(() => encode({ rows })), await returned];
  },
  exit: () => [exit({ exitCode: 3 }), exit({ signal: "SIGKILL" }, false), exit({ signal: "SIGTERM" })],
  memory: () => [
    exit({ signal: "SIGTRAP", stderrTail: "Last few GCs" }),
    exit({ exceededMemory: { residentBytes: 300 * 1024 * 1024, limitBytes: 256 * 1024 * 1024 } }),
  ],
  protocol: () => [exit({ violation: new ProtocolError("it answered task 7, which it does not hold") })],
};

/** The sections by their anchors, and their blockquotes as one line each. */
function quotesOf(page: string): Map<string, string[]> {
  const [, ...sections] = page.split(/^<a id="/m);
  return new Map(sections.map((section) => {
    const [anchor] = section.split('"', 1);
    const [own] = section.split(/^## /m, 1);
    const quotes = own!.split("\n\n").filter((block) => block.startsWith("> "));
    return [anchor!, quotes.map((block) => block.replaceAll(/^> /gm, "").replaceAll("\n", " "))];
  }));
}

const QUOTES = quotesOf(PAGE);

Deno.test("docs/troubleshooting.md has exactly the places that errors lead to, each above a heading", () => {
  assertEquals([...QUOTES.keys()].toSorted(), TROUBLES.toSorted());
  assertEquals(PAGE.match(/^<a id="[\w-]+"><\/a>\n\n### /gm)?.length, TROUBLES.length);
});

Deno.test("errors lead to the page where the site of this repository has it", () => {
  const [, owner, name] = new URL(REPOSITORY).pathname.split("/");
  assertEquals(TROUBLESHOOTING, `https://${owner}.github.io/${name}/troubleshooting.html`);
});

for (const trouble of TROUBLES) {
  Deno.test(`docs/troubleshooting.md#${trouble} quotes its errors word for word, and they lead there`, async () => {
    const errors = await ERRORS[trouble]();
    const quotes = QUOTES.get(trouble)!;
    for (const error of errors) assertStringIncludes(error, see(trouble));
    const plain = errors.map((error) => error.replace(see(trouble), "").trim());
    for (const [index, error] of plain.entries()) {
      assert(quotes.some((quote) => error.startsWith(quote)), `not quoted: ${plain[index]}`);
    }
    // What follows the first quotation may be the end of a longer text.
    for (const quote of quotes) assert(plain.some((error) => error.includes(quote)), `nobody says: ${quote}`);
  });
}
