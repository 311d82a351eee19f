/** End-to-end: Commands that a task starts: what they print is the task's output, and their stdin has ended. */
import { assertEquals } from "@std/assert";
import { mapTexts, printedByEach } from "../../helpers/programs/pieces.ts";
import { runProgram } from "../../helpers/programs/program.ts";

const ignore = Deno.build.os === "windows";

/** Ways to run a command, as texts of a task's body; each prints one line, and waits for the end. */
const RUNS: Record<string, readonly string[]> = {
  "Deno.Command": [
    `await new Deno.Command("echo", { args: ["one"] }).spawn().status;`,
    `await new Deno.Command("echo", { args: ["one"], stdin: "null", stdout: "inherit" }).spawn().status;`,
    `await new Deno.Command("echo", { args: ["one"], stdout: "inherit" }).output();`,
    `new Deno.Command("echo", { args: ["one"], stdout: "inherit" }).outputSync();`,
    `class C extends Deno.Command {} await new C("echo", { args: ["one"] }).spawn().status;`,
    `await new Deno.Command("sh", { args: ["-c", "cat; echo one"] }).spawn().status;`,
  ],
  "child_process": [
    `const { spawn } = await import("node:child_process");
     await new Promise((done) => spawn("echo", ["one"], { stdio: "inherit" }).on("exit", done));`,
    `const { spawn } = await import("node:child_process");
     await new Promise((done) => spawn("sh", ["-c", "cat; echo one"], { stdio: [0, 1, 2] }).on("exit", done));`,
    `const { spawnSync } = await import("node:child_process");
     spawnSync("sh", ["-c", "cat; echo one"], { stdio: "inherit" });`,
    `const { execSync } = await import("node:child_process");
     execSync("cat; echo one", { stdio: "inherit" });`,
    `const { execFile } = await import("node:child_process");
     await new Promise((done) => execFile("echo", ["one"], (_, out) => { console.log(out.trim()); done(); }));`,
  ],
};

Deno.test({
  name: "a task runs a command by every way, and its output comes in order",
  ignore,
  fn: async () => {
    const between = (parts: readonly string[]): string => parts.join(" console.log('between');");
    const bodies = Object.entries(RUNS).map(([tool, ways]) => [tool, between(ways.map((way) => `{ ${way} }`))]);
    const pieces = mapTexts(Object.fromEntries(bodies), (body) => `
      await using mayRun = new Pool({ workers: 1, permissions: { run: ["echo", "sh", "/bin/sh"], env: true } });
      const pid = await mayRun.apply(() => Deno.pid);
      await mayRun.apply(async () => { console.log("before"); ${body} console.log("after"); }, [], { timeoutMs: 30_000 });
      if (await mayRun.apply(() => Deno.pid) !== pid) console.log("another worker");
    `);
    const outcome = await printedByEach(pieces, { flags: ["--allow-run", "--allow-env"] });
    const printed = Object.entries(RUNS).map(([tool, ways]) => [
      tool,
      `before\n${ways.map(() => "one\n").join("between\n")}after\n`,
    ]);
    assertEquals(outcome, { printed: Object.fromEntries(printed), stderr: "" });
  },
});

Deno.test({
  name: "a command floods stdout while its task returns 10 MB, and both come whole",
  ignore,
  fn: async () => {
    const { code, stdout, stderr } = await runProgram(
      `
      await using pool = new Pool({ workers: 1, permissions: { run: ["sh"] } });
      const right = await pool.apply(() => {
        globalThis.flood = new Deno.Command("sh", { args: ["-c", "yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | head -n 100000"] }).spawn();
        return new Uint8Array(10_000_000).map((_, index) => index * 7);
      }).then((bytes) => bytes.every((byte, index) => byte === (index * 7 & 255)));
      await pool.apply(async () => { await globalThis.flood.status; });
      console.error(right);`,
      { flags: ["--allow-run", "--allow-env"] },
    );
    assertEquals([code, stderr], [0, "true\n"]);
    assertEquals(stdout, `${"x".repeat(39)}\n`.repeat(100_000));
  },
});
