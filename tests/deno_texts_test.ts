/** End-to-end: what Deno and V8 say in words only, said by the Deno that runs this. When one of these fails, Deno has other words: see `src/deno_texts.ts`. */
import { assert, assertEquals } from "@std/assert";
import {
  beginsLastWords,
  isOfNull,
  isOfUndefined,
  saysHeapIsFull,
  saysShortage,
  spawnGapOf,
  undefinedName,
  uninitializedName,
} from "../src/deno_texts.ts";

const onLinux = Deno.build.os === "linux";

/** What a command says on its standard error when it fails, and it must fail. */
async function lastWords(command: string, ...args: string[]): Promise<string> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null", env: { NO_COLOR: "1" } }).output();
  const text = new TextDecoder().decode(stderr);
  assert(!success, text);
  return text;
}

/** The same of Deno, under a limit of the system. */
async function lastWordsUnder(limit: string): Promise<string> {
  return await lastWords("sh", "-c", `ulimit ${limit} && exec "$0" eval 1`, Deno.execPath());
}

function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("It threw nothing");
}

async function spawnFailure(command: string, cwd?: string): Promise<unknown> {
  const options = cwd === undefined ? {} : { cwd };
  try {
    return await new Deno.Command(command, options).output();
  } catch (error) {
    return error;
  }
}

Deno.test({
  name: "a Deno that the system gives no thread, or no file handle, says so",
  ignore: !onLinux,
  async fn() {
    const noThread = await lastWordsUnder("-v 100000");
    assert(saysShortage(noThread), noThread);
    assert(noThread.split("\n").some((line) => beginsLastWords(line) === "unstarted"), noThread);
    const noFile = await lastWordsUnder("-n 5");
    assert(saysShortage(noFile), noFile);
  },
});

Deno.test("an uncaught error begins in a line of its own, and says nothing of a shortage", async () => {
  const text = await lastWords(Deno.execPath(), "eval", "await 0; null.x");
  assertEquals(text.split("\n").filter((line) => beginsLastWords(line) === "uncaught").length, 1, text);
  assert(!saysShortage(text) && !saysHeapIsFull(text), text);
});

Deno.test("a process says that its JavaScript heap was full", async () => {
  const fill = "const all = []; for (;;) all.push(new Array(1000).fill(all.length))";
  const text = await lastWords(Deno.execPath(), "eval", "--v8-flags=--max-old-space-size=20", fill);
  assert(saysHeapIsFull(text), text);
});

Deno.test("an error of a command says whether it, its folder or the program's is not there", async () => {
  assertEquals(spawnGapOf(await spawnFailure("/corral/none")), { missing: "command" });
  assertEquals(spawnGapOf(await spawnFailure("corral-none")), { missing: "command" });
  const folder = `${await Deno.makeTempDir()}/it's`;
  assertEquals(spawnGapOf(await spawnFailure(Deno.execPath(), folder)), { missing: "folder", folder });
  assertEquals(spawnGapOf(new Deno.errors.NotFound("No such file or directory (os error 2)")), undefined);
});

Deno.test({
  name: "an error of a command says that the program's folder was deleted",
  ignore: !onLinux,
  async fn() {
    const texts = new URL("../src/deno_texts.ts", import.meta.url).href;
    const code = `import { spawnGapOf } from ${JSON.stringify(texts)};
const folder = Deno.makeTempDirSync();
Deno.chdir(folder);
Deno.removeSync(folder);
try { await new Deno.Command(Deno.execPath()).output(); } catch (error) { console.log(JSON.stringify(spawnGapOf(error))); }`;
    const url = `data:text/typescript,${encodeURIComponent(code)}`;
    const args = ["run", "--quiet", "--no-config", "--no-prompt", "-A", url];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(out, `{"missing":"program's folder"}\n`, err);
  },
});

Deno.test("errors of V8 say which variable is not there, and in what something was looked for", () => {
  const evaluate = (text: string) => thrownBy(() => (0, eval)(text)).message;
  assertEquals(undefinedName(evaluate("(() => corral$né)()")), "corral$né");
  assertEquals(undefinedName(evaluate("corral_none = corral_none + 1")), "corral_none");
  assertEquals(undefinedName(evaluate("null.x")), undefined);
  assertEquals(uninitializedName(evaluate("(() => { name; let name; })()")), "name");
  assertEquals(uninitializedName(evaluate("(() => corral_none)()")), undefined);
  for (const text of ["this.x", "this.x = 1", "this.x()", "delete this.x", "const { x } = this"]) {
    const message = evaluate(`"use strict"; (function () { ${text} })()`);
    assert(isOfUndefined(message), message);
  }
  const message = evaluate("({ __proto__: null, method() { return super.method(); } }).method()");
  assert(isOfNull(message) || isOfUndefined(message), message);
});
