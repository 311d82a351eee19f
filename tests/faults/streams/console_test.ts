/** End-to-end: The console of a task prints what the console of the program prints, in text, in colours and in the program's language. */
// deno-lint-ignore-file no-console -- tasks print
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { LIBRARY } from "../../helpers/programs/packages.ts";
import { runProgram } from "../../helpers/programs/program.ts";

/** Everything whose text does not depend on when or where it is printed. */
function printAll(): void {
  class Point {
    constructor(readonly x: number, readonly y: number) {}
  }
  console.log("%s", { a: 1 }, "%s", new Point(1, 2));
  for (const directive of ["%s", "%d", "%i", "%f", "%j", "%o", "%O", "%c", "%%", "%x"]) {
    for (const value of [{ a: [1] }, "12.5", 12.5, -0, Symbol("s"), null, undefined, new Date(0), [1, "b"]]) {
      console.log(`${directive} |`, value);
    }
  }
  console.log("%d, %i, %s", 7n, 7n, 7n);
  console.log("100%", "%s and %s", "left over", 1);
  console.dir("text");
  console.dir({ deep: { deeper: { deepest: { end: 1 } } } }, { depth: 0 });
  console.dirxml({ a: 1 }, "b");
  console.timeEnd("never begun");
  console.timeLog("never begun", 1);
  console.countReset("never counted");
  console.count();
  console.count("label");
  console.count();
  console.countReset();
  console.count();
  console.group("outer %s", "label");
  console.groupCollapsed();
  console.warn("inside\nof both");
  console.table([{ a: 1 }, { b: "two" }], ["a"]);
  console.groupEnd();
  console.groupEnd();
  console.groupEnd();
  console.table("no table");
  console.assert(true, "not printed");
  console.assert(false);
  console.assert(false, "%s is wrong", "it");
  console.assert(false, { a: 1 });
  console.error(new Map([[new Set([1]), new WeakSet()]]), [undefined, , 1], () => {}, class A {});
  console.debug(new URL("http://a.invalid/?b"), new Uint8Array(3), Promise.resolve(1), new Proxy({}, {}));
  console.log();
}

/** A Python that can open terminals: its own path, since `python3` may be a script that looks for one at each start. */
const PYTHON = await new Deno.Command("python3", {
  args: ["-c", "import pty, sys; print(sys.executable)"],
  stderr: "null",
})
  .output().then(
    ({ success, stdout }) => success ? new TextDecoder().decode(stdout).trim() : undefined,
    () => undefined,
  );

/** A program that may run anything starts no helper that ends its workers. */
const flags = ["--allow-run"];

const MARK = "== in a task ==\n";

/** A program that prints by this function, then a mark on both streams, and then by a task of this function. */
const inBoth = (print: () => void): string => `
  (${print})();
  console.log(${JSON.stringify(MARK.trim())});
  console.error(${JSON.stringify(MARK.trim())});
  await using pool = new Pool({ workers: 1 });
  await pool.apply(${print});`;

/** What {@linkcode inBoth} printed in the program, and in the task. */
function parts(text: string): [here: string, there: string] {
  const found = text.split(MARK);
  assertEquals(found.length, 2, text);
  return found as [string, string];
}

/** Runs a program whose stdout, or stderr, is a terminal, and gives what it printed on that, and on the other. */
async function runOnTerminal(body: string, stream: 1 | 2, env: Record<string, string>): Promise<[string, string]> {
  const wrapper = `
import json, os, pty, subprocess, sys
main, side = pty.openpty()
other = subprocess.PIPE
streams = {"stdout": side, "stderr": other} if sys.argv[1] == "1" else {"stdout": other, "stderr": side}
p = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, **streams)
os.close(side)
seen = b""
try:
    while chunk := os.read(main, 65536): seen += chunk
except OSError: pass
print(json.dumps([seen.decode().replace("\\r\\n", "\\n"), (p.stdout or p.stderr).read().decode()]))
sys.exit(p.wait())`;
  const source = `import { Pool } from ${JSON.stringify(LIBRARY)};${body}`;
  const { code, stdout } = await new Deno.Command(PYTHON!, {
    args: ["-c", wrapper, String(stream), Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config", "--no-lock"]
      .concat([...flags, `data:text/typescript,${encodeURIComponent(source)}`]),
    env: { NO_COLOR: "", ...env },
  }).output();
  assertEquals(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("the console prints in a task what it prints in the program", async () => {
  const { code, stdout, stderr } = await runProgram(inBoth(printAll), { flags });
  const [[here, there], [hereError, thereError]] = [parts(stdout), parts(stderr)];
  assertEquals([there, thereError, code], [here, hereError, 0]);
});

Deno.test("console.trace() and timers print in a task what they print in the program, but for place and time", async () => {
  const { stdout, stderr } = await runProgram(
    inBoth(() => {
      console.time("t");
      console.timeLog("t", { a: 1 });
      console.timeEnd("t");
      console.trace("here %d", 1);
    }),
    { flags },
  );
  const [here, there] = parts(stdout.replaceAll(/[\d.]+(ms|s)/g, "T"));
  assertEquals(there, here);
  assertMatch(parts(stderr)[1], /^Trace: here 1\n {4}at /);
});

const printObjects = (): void => {
  console.log("out", { a: 1, b: "two" });
  console.error("err", { a: 1, b: "two" });
};

Deno.test({
  name: "the console of a task uses colours on the stream that is a terminal, and where the program does",
  ignore: PYTHON === undefined,
  fn: async () => {
    for (const stream of [1, 2] as const) {
      for (const env of [{}, { NO_COLOR: "1" }] as Record<string, string>[]) {
        const [terminal, pipe] = await runOnTerminal(inBoth(printObjects), stream, env);
        for (const [here, there] of [parts(terminal), parts(pipe)]) assertEquals(there, here);
        assertEquals(terminal.includes("\x1b[3"), env.NO_COLOR === undefined);
        assertEquals(pipe.includes("\x1b[3"), false);
      }
    }
  },
});

Deno.test("the console of a task uses colours in a pipe where a variable has the program's do so", async () => {
  for (const FORCE_COLOR of ["1", "0"]) {
    const { stdout, stderr } = await runProgram(inBoth(printObjects), { flags, env: { FORCE_COLOR } });
    for (const [here, there] of [parts(stdout), parts(stderr)]) assertEquals(there, here);
    assertEquals(parts(stdout)[0], 'out { a: \x1b[33m1\x1b[39m, b: \x1b[32m"two"\x1b[39m }\n');
  }
});

Deno.test("a task has the program's time zone and language, without a permission", async () => {
  const tell = (): unknown => [
    new Date(0).toString(),
    Intl.DateTimeFormat().resolvedOptions().timeZone,
    Intl.NumberFormat().resolvedOptions().locale,
    (1234.5).toLocaleString(),
    navigator.language,
    navigator.languages,
  ];
  const body = `const tell = ${tell}; await using pool = new Pool({ workers: 1 });
    console.log(JSON.stringify([tell(), await pool.apply(tell)]));`;
  const seen = [];
  for (
    const env of [{ TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8" }, { TZ: "America/New_York", LC_ALL: "fr_FR.UTF-8" }, {}]
  ) {
    const { stdout, stderr } = await runProgram(body, { flags, env });
    const [here, there] = JSON.parse(stdout || JSON.stringify(stderr));
    assertEquals(there, here);
    seen.push(here);
  }
  if (Deno.build.os === "linux") assertNotEquals(seen[0], seen[1]);
});

Deno.test("a variable that the caller sets comes before the program's time zone, language and colours", async () => {
  const { stdout } = await runProgram(
    `await using pool = new Pool({ workers: 1, env: { TZ: "Asia/Tokyo", FORCE_COLOR: "1" } });
     await pool.apply(() => console.log(new Date(0).getHours()));`,
    { flags, env: { TZ: "UTC" } },
  );
  assertEquals(stdout, "\x1b[33m9\x1b[39m\n");
});
