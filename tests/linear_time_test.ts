/**
 * Unit tests: what reads a stranger's text takes linear time. The texts are so long that quadratic time is many minutes, and
 * the limit is far above what linear time takes on a busy machine.
 */
import { assert, assertEquals } from "@std/assert";
import { Queue } from "../mod.ts";
import { CallerStacks } from "../src/pool/caller_stacks.ts";
import { decode, encode } from "../src/wire/codec/codec.ts";
import { HandleCollector } from "../src/hub/handle_collector.ts";
import { plainJson, readConfig } from "../src/worker/project/config_file.ts";
import { withOwnPlaces, withPlacesInPrints } from "../cli/runner/inline_text.ts";
import { workerExitError } from "../src/worker/exit_error.ts";
import type { Circumstances } from "../src/worker/circumstances.ts";
import { explain, explainError } from "../src/worker/explain.ts";
import { bareImports } from "../src/worker/project/configuration.ts";
import { isWorkspaceMember } from "../src/worker/project/workspace.ts";
import { pathToFileUrl, withoutTrailingSlashes } from "../src/worker/project/module_url.ts";
import { shown } from "../src/shown.ts";
import { OutputTail } from "../src/worker/streams/prints.ts";
import { computesWithin } from "./helpers/simulated/clock.ts";

const LIMIT_MS = 3000;
const LENGTH = 512 * 1024;

/** Pieces that begin, or end, what some rule looks for; repeated, each begins it again and again. */
const PIECES = [
  " ",
  "\n",
  "\n ",
  "\t\n",
  "a",
  "/",
  "\\",
  '"',
  '\\"',
  '"\\',
  "/*",
  "//",
  "*/",
  ",",
  ", ",
  "{",
  "[",
  ".",
  "    at ",
  "|\n1 | ",
  "data:application/typescript,export%20default",
  "-e, <anonymous>:1",
  "\n    at x (file:///a.ts:1:1)",
  ':1:1)"',
  "--cached-only is specified",
  "\n hint: ",
  'Import "',
  '" not a dependency',
  ", run again with the --allow-",
  ", run again with the --allow-read flag Maybe ",
  'Requires a access to "',
  "error sending request for url ",
  "error: ",
  "out of memory",
];

const TEXTS = PIECES.flatMap((piece) => {
  const long = piece.repeat(Math.ceil(LENGTH / piece.length));
  // Where a text begins with it, and where one ends with it.
  return [`${long}x`, `x${long}`, `"${long}`, `/*${long}`];
});

const WORKER: Circumstances = {
  module: "file:///task.ts",
  folder: "/",
  mayReadFolder: true,
  config: undefined,
  flagsAreKnown: true,
  trust: "trusted",
  mayRun: false,
  cwd: undefined,
  temporaryFolder: "/tmp",
  isHidden: () => false,
  isDenied: () => false,
};

function errorOf(text: string): Error {
  const error = new Error(text);
  error.stack = `Error: ${text}\n${text}\n    at ${text}`;
  return error;
}

const READERS: Record<string, (text: string) => unknown> = {
  "withPlacesInPrints()": withPlacesInPrints,
  "withOwnPlaces()": (text) => withOwnPlaces(`-e${text}`),
  "explain()": (text) => explain(text, WORKER),
  "explainError()": (text) => explainError(errorOf(text), WORKER),
  "plainJson()": plainJson,
  "withoutTrailingSlashes()": withoutTrailingSlashes,
  "bareImports()": (text) => bareImports({ imports: { [text]: text, a: text } }, "file:///deno.json"),
  "the stack of a caller": (text) => {
    const [stacks, error] = [new CallerStacks(), errorOf(text)];
    stacks.add(error);
    stacks.traced(error);
  },
  "the error of an exit": (text) => {
    const tail = new OutputTail();
    tail.add(new TextEncoder().encode(text));
    const exit = { pid: 1, exitCode: 134, signal: null, wasReady: true, inFrame: false, violation: undefined };
    return workerExitError({ ...exit, exceededMemory: undefined, stderrTail: tail.text }, true);
  },
  "an error that travels": (text) => {
    const handles = new HandleCollector();
    const { text: json, tagged, parts } = encode(errorOf(text), handles);
    return decode(JSON.parse(json), tagged, [...parts], handles);
  },
};

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`A stranger's text takes linear time: ${name}`, () =>
    computesWithin(LIMIT_MS, () => {
      for (const text of TEXTS) read(text);
    }));
}

Deno.test("Many waits with one signal take linear time, whether they end or are aborted", () =>
  computesWithin(LIMIT_MS, async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const queue = new Queue<number>();
    const waits = () => Array.from({ length: 40_000 }, () => queue.get({ signal }));
    const served = waits();
    for (let n = 0; n < served.length; n++) await queue.put(n);
    assertEquals((await Promise.all(served)).length, served.length);
    const given = waits();
    controller.abort();
    for (const { status } of await Promise.allSettled(given)) assertEquals(status, "rejected");
  }));

Deno.test("readConfig() reads no file above its limit", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, '{"imports":{}}');
    assertEquals(readConfig(path), { imports: {} });
    await Deno.truncate(path, 1024 ** 3);
    assertEquals(readConfig(path), undefined);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("isWorkspaceMember() tries no more than folders times patterns, whatever the patterns are", () =>
  computesWithin(LIMIT_MS, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const root = pathToFileUrl(`${folder}/`);
      for (const pattern of ["**/".repeat(1000) + "x", "**/a/".repeat(500) + "x", "**/" + "a/".repeat(700) + "x"]) {
        await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ workspace: [pattern, `!${pattern}`] }));
        assertEquals(isWorkspaceMember(root, `${root}${"a/".repeat(1500)}`), false);
        assertEquals(isWorkspaceMember(root, `${root}${"a/".repeat(1500)}x/`), false);
      }
      // So much is no list of folders.
      await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ workspace: Array(30_000).fill("**/a/a/a/x") }));
      assertEquals(isWorkspaceMember(root, `${root}${"a/".repeat(1500)}`), false);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }));

Deno.test("a value is shown in linear time, and short", () =>
  computesWithin(LIMIT_MS, async () => {
    const long = 2n ** 80_000_000n;
    for (const value of [long, -long, new URL(`a:${"x".repeat(LENGTH)}`), "x".repeat(LENGTH)]) {
      assert(shown(value).length < 200);
    }
    await Promise.resolve();
    assertEquals([shown(-(2n ** 64n)), shown(new URL("a:b"))], ["-18446744073709551616n", "a:b"]);
  }));
