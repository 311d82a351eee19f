// End-to-end tests of progress bars: in a real terminal, in a log, and where nobody looks.
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { progress, ProgressBar, type ProgressOptions } from "../../src/progress/mod.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { noTerminal, Terminal } from "../helpers/programs/terminal.ts";

const FIXTURE = new URL("../fixtures/programs/show_bars.ts", import.meta.url).pathname;
const RUN = ["run", "--quiet", "--no-prompt", `--allow-run=${Deno.execPath()}`, "--allow-env=CI,TERM", FIXTURE];

async function stderrWith(env: Record<string, string>): Promise<string> {
  const { stderr } = await new Deno.Command(Deno.execPath(), { args: RUN, env, stdin: "null" }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test({
  name: "ProgressBar draws several bars at the bottom of a terminal, and nothing that tasks print tears them",
  ignore: noTerminal !== undefined,
  async fn() {
    const command = [Deno.execPath(), ...RUN].map((part) => `'${part}'`).join(" ");
    await using terminal = await Terminal.open(command, {
      columns: 100,
      rows: 30,
      env: { CI: undefined, NO_COLOR: undefined },
    });
    await terminal.ended();
    const lines = await terminal.screen();
    const printed = lines.filter((line) => line.startsWith("task ")).sort();
    assertEquals(printed, [0, 1, 2, 3, 4, 5].map((n) => `task ${n} prints a line`));
    const bars = lines.filter((line) => line.includes("━"));
    assertEquals(bars.map((line) => line.replace(/ ━+ .*/, "")), ["tasks  100%", "files  100%"]);
    assertStringIncludes(bars[0]!, "6/6");
    assertEquals(lines.length, 8);
  },
});

Deno.test("progress() is silent where stderr is not a terminal, and tells its end in a log of CI", async () => {
  assertEquals(await stderrWith({ CI: "" }), "");
  const lines = (await stderrWith({ CI: "true" })).trim().split("\n");
  assertEquals(lines.map((line) => line.replace(/ {2}[\d.]+.*/, "")), ["tasks: 100%", "files: 100%"]);
});

Deno.test("ProgressBar is silent in a program that has closed its stderr, as a stream closes it that was written to its end", async () => {
  const { code, stdout } = await runProgram(`
    import { ProgressBar } from ${JSON.stringify(import.meta.resolve("../../src/progress/mod.ts"))};
    await new Blob(["all"]).stream().pipeTo(Deno.stderr.writable);
    new ProgressBar({ total: 1 }).close();
    console.log("goes on");`);
  assertEquals([code, stdout], [0, "goes on\n"]);
});

Deno.test("progress() passes every item on in order, closes its input when the loop is left, and counts what failed", async () => {
  const steps: string[] = [];
  async function* source() {
    try {
      for (let n = 0; n < 5; n++) yield await Promise.resolve(n);
    } finally {
      steps.push("closed");
    }
  }
  for await (const n of progress(source(), { display: "none" })) {
    steps.push(String(n));
    if (n === 2) break;
  }
  assertEquals(steps, ["0", "1", "2", "closed"]);
  const failing = (async function* () {
    yield await Promise.resolve(1);
    throw new RangeError("no more");
  })();
  await assertRejects(() => Array.fromAsync(progress(failing, { display: "none" })), RangeError, "no more");
});

Deno.test("progress() that is left before its first item ends an iterator that it was given", async () => {
  const ends: string[] = [];
  const iterator = (name: string): AsyncIterableIterator<number> => ({
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => Promise.resolve({ done: false, value: 1 }),
    return: () => Promise.resolve({ done: true, value: void ends.push(name) }),
  });
  const [left, thrown, read] = ["left", "thrown", "read"].map((name) => progress(iterator(name), { display: "none" }));
  assertEquals(await left!.return(), { done: true, value: undefined });
  assertEquals(await left!.next(), { done: true, value: undefined });
  await assertRejects(() => thrown!.throw(new RangeError("mine")), RangeError, "mine");
  assertEquals(ends, ["left", "thrown"]);
  for await (const n of read!) {
    assertEquals(n, 1);
    break;
  }
  assertEquals(ends, ["left", "thrown", "read"]);
  assertEquals(await progress([1, 2], { display: "none" }).return(), { done: true, value: undefined });
});

Deno.test("ProgressBar counts by hand and by items, and no more once it is closed", () => {
  const bar = new ProgressBar({ total: 9, initial: 2, display: "none" });
  bar.tick();
  bar.tick(2, 1);
  bar.item({ index: 5, ok: false, durationMs: 3 });
  bar.close();
  bar.close();
  bar.tick();
  assertEquals([bar.done, bar.failed], [6, 2]);
});

Deno.test("ProgressBar refuses options that it does not know or cannot use", () => {
  const bad: [object, ErrorConstructor, string][] = [
    [{ totl: 3 }, TypeError, 'Cannot show progress: "totl" is not an option of a bar'],
    [{ total: -1 }, RangeError, 'Cannot show progress: "total" is -1, a whole number of at least 0 is wanted'],
    [{ total: "7" }, RangeError, '"total" is "7"'],
    [{ initial: 0.5 }, RangeError, '"initial" is 0.5'],
    [{ label: 3 }, TypeError, '"label" is 3, a string is wanted'],
    [{ display: "loud" }, TypeError, '"display" is "loud", one of "bar"'],
    [{ desc: "rows" }, TypeError, 'wanted "label"'],
    [5 as never, TypeError, "the options are 5, an object is wanted"],
    [[] as never, TypeError, "the options are an array"],
  ];
  for (const [options, type, message] of bad) {
    assertThrows(() => new ProgressBar(options as ProgressOptions), type, message);
    assertThrows(() => progress([], options as ProgressOptions), type, message);
  }
});
