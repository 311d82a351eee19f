/** End-to-end tests of what tasks print: programs run as children, and their stdout and stderr are read. */
// deno-lint-ignore-file no-console -- tasks print
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Pool } from "../../../mod.ts";
import { EventLog } from "../../helpers/pools/events.ts";
import { programCommand, RunningProgram, runProgram } from "../../helpers/programs/program.ts";

/** A program that may run anything starts no helper that ends its workers. */
const flags = ["--allow-run"];

Deno.test("Pool prints whole lines in order when a task uses every way to print", async () => {
  const { code, stdout, stderr } = await runProgram(
    `
    await using pool = new Pool({ workers: 1 });
    await pool.apply(async () => {
      const { default: process } = await import("node:process");
      const bytes = (text: string) => new TextEncoder().encode(text);
      console.log("1 log", { a: [1, "two"] }, new Map([[1, 2]]));
      console.info("2 info");
      console.debug("3 debug");
      Deno.stdout.writeSync(bytes("4 writeSync\\n5 left "));
      await Deno.stdout.write(bytes("open\\n"));
      process.stdout.write("6 process.stdout\\n");
      console.log("7 %s is %d, %i, %f, %j, %o %c%%", "text", 4.5, 4.5, "4.5x", { a: 1 }, [1], "color: red", "rest");
      const writer = Deno.stdout.writable.getWriter();
      await writer.write(bytes("8 writable\\n"));
      console.error("1 error");
      console.warn("2 warn");
      Deno.stderr.writeSync(bytes("3 writeSync\\n"));
      process.stderr.write("4 process.stderr\\n");
      process.stdout.write("9 last line, unfinished");
    });
  `,
    { flags },
  );
  assertEquals([code, stderr], [0, "1 error\n2 warn\n3 writeSync\n4 process.stderr\n"]);
  assertEquals(stdout.split("\n"), [
    '1 log { a: [ 1, "two" ] } Map(1) { 1 => 2 }',
    "2 info",
    "3 debug",
    "4 writeSync",
    "5 left open",
    "6 process.stdout",
    '7 text is 4, 4, 4.5, {"a":1}, [ 1 ] % rest',
    "8 writable",
    "9 last line, unfinished",
  ]);
});

const TABLES: Record<string, unknown[]> = {
  "rows of objects": [[{ a: 1, b: "x" }, { a: 22, c: true }]],
  "rows of arrays": [[[1, 2], [3, 4]]],
  "plain values": [[1, "two", null]],
  "mixed rows": [[1, { a: 2 }]],
  "an object of objects": [{ first: { a: 1 }, second: { a: 2 } }],
  "a Map": [new Map([["k", { a: 1 }]])],
  "a Set": [new Set([1, 2])],
  "some columns": [[{ a: 1, b: 2, c: 3 }], ["c", "a"]],
  "no rows": [[]],
  "wide characters": [[{ name: "日本" }, { name: "é" }]],
  "no table": [42],
};

Deno.test("console.table() and console.group() print in a task what they print in the program", async () => {
  await using pool = new Pool({ workers: 1, onEvent: (event) => log.listener(event) });
  const log = new EventLog();
  const print = (tables: unknown[][]): void => {
    for (const [rows, columns] of tables) console.table(rows, columns as string[] | undefined);
    console.group("outer %s", "label");
    console.log("inside\nof it");
    console.group();
    console.error("deeper");
    console.table([{ a: 1 }]);
    console.groupEnd();
    console.groupEnd();
    console.groupEnd();
    console.log("outside");
    console.dir({ a: { b: { c: { d: { e: 1 } } } } }, { depth: 1 });
    console.assert(false, "not %d", 1);
    console.count();
    console.count("x");
    console.count();
  };
  const tables = Object.values(TABLES);
  const { stdout, stderr } = await runProgram(
    `(${print})(${Deno.inspect(tables, { depth: 9 }).replaceAll(/(Map|Set)\(\d+\) \{([^}]*\}?) \}/g, toSource)});`,
  );
  await pool.apply(print, [tables]);
  assertEquals(log.text("stdout"), stdout);
  assertEquals(log.text("stderr"), stderr);
});

function toSource(_: string, kind: string, entries: string): string {
  return kind === "Map" ? `new Map([[${entries.replace("=>", ",")}]])` : `new Set([${entries}])`;
}

Deno.test("Pool attributes output to its task and worker in events", async () => {
  const log = new EventLog();
  await using pool = new Pool({ workers: 2, onEvent: log.listener });
  const print = (text: string): void => console.error(text);
  await Promise.all(["one", "two", "three"].map((text) => pool.apply(print, [text])));
  const starts = new Map(log.of("taskStart").map(({ taskId, workerId, pid }) => [taskId, { workerId, pid }]));
  const outputs = log.of("output");
  assertEquals(new Set(outputs.map(({ taskId }) => taskId)).size, 3);
  for (const { taskId, workerId, pid, stream } of outputs) {
    assertEquals([starts.get(taskId), stream], [{ workerId, pid }, "stderr"]);
  }
});

Deno.test("Pool attributes output to the task that printed it when a worker runs several at once", async () => {
  const log = new EventLog();
  await using pool = new Pool({ workers: 1, concurrency: 4, onEvent: log.listener });
  const print = async (text: string): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    console.error(text);
  };
  await Promise.all([0, 1, 2, 3].map((index) => pool.apply(print, [`task ${index}`])));
  const order = log.of("taskStart").map(({ taskId }) => taskId);
  for (const { taskId, bytes } of log.of("output")) {
    assertEquals(new TextDecoder().decode(bytes), `task ${order.indexOf(taskId)}\n`);
  }
});

Deno.test("Pool prints a task's output before the task settles", async () => {
  const log = new EventLog();
  await using pool = new Pool({ workers: 1, onEvent: log.listener });
  for (let round = 0; round < 20; round++) {
    await pool.apply((text: string) => console.error(text), [`round ${round}`]);
    assertStringIncludes(log.text("stderr"), `round ${round}\n`);
  }
  await pool.apply(() => {
    console.error("before the error");
    throw new Error("thrown");
  }).catch(() => {});
  assertStringIncludes(log.text("stderr"), "before the error\n");
});

Deno.test("Pool never mixes lines of workers that print at the same time", async () => {
  const { code, stdout } = await runProgram(
    `
    await using pool = new Pool({ workers: 4 });
    await pool.ready();
    await Promise.all([0, 1, 2, 3].map((worker) => pool.apply((worker: number) => {
      const bytes = new TextEncoder().encode(\`\${worker}:\${"x".repeat(60)}\\n\`);
      for (let line = 0; line < 2000; line++) {
        if (line % 2) console.log(\`\${worker}:\${"x".repeat(60)}\`);
        else { Deno.stdout.writeSync(bytes.subarray(0, 30)); Deno.stdout.writeSync(bytes.subarray(30)); }
      }
    }, [worker])));
  `,
    { flags },
  );
  assertEquals(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.length, 8000);
  for (const line of lines) assertMatch(line, /^[0-3]:x{60}$/);
});

Deno.test("Pool loses nothing when a task prints 100 000 lines and returns 10 MB at once", async () => {
  const { code, stdout, stderr } = await runProgram(
    `
    await using pool = new Pool({ workers: 1 });
    const bytes = await pool.apply(() => {
      for (let line = 0; line < 100_000; line++) console.log("line", line);
      return new Uint8Array(10_000_000).fill(1);
    });
    console.error(bytes.length, bytes[9_999_999]);
  `,
    { flags },
  );
  assertEquals([code, stderr], [0, "10000000 1\n"]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals([lines.length, lines[0], lines[99_999]], [100_000, "line 0", "line 99999"]);
  assert(lines.every((line, index) => line === `line ${index}`));
});

Deno.test("Pool keeps the program's memory bounded when a task prints 20 MB without a newline", async () => {
  const { code, stdout, stderr } = await runProgram(
    `
    await using pool = new Pool({ workers: 1 });
    await pool.ready();
    let most = 0;
    // What the first timer of a program loads is not what the output costs.
    const timer = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 5);
    const before = Deno.memoryUsage().rss;
    await pool.apply(() => {
      const block = new TextEncoder().encode("x".repeat(100_000));
      for (let count = 0; count < 100; count++) Deno.stdout.writeSync(block);
      console.log("x".repeat(10_000_000));
    });
    clearInterval(timer);
    console.error(Math.round((Math.max(most, Deno.memoryUsage().rss) - before) / 1024 / 1024));
  `,
    { flags },
  );
  assertEquals([code, stdout.length], [0, 20_000_001]);
  assert(Number(stderr) < 64, `it grew by ${stderr.trim()} MiB`);
});

Deno.test("Pool serves on when the reader of the program's stdout has gone", async () => {
  const program = programCommand(
    `
    await using pool = new Pool({ workers: 2 });
    const print = (count: number) => { for (let i = 0; i < count; i++) console.log("line", i); return count; };
    console.error(await pool.map(print, [5000, 5000, 5000, 5000], { chunkSize: 1 }), pool.stats().workersLost);
  `,
    { flags },
  ).spawn();
  const reader = program.stdout.getReader();
  const [{ value }, stderr] = [await reader.read(), new Response(program.stderr).text()];
  await reader.cancel();
  assertStringIncludes(new TextDecoder().decode(value), "line 0\n");
  assertEquals([(await program.status).code, await stderr], [0, "[ 5000, 5000, 5000, 5000 ] 0\n"]);
});

Deno.test({
  name: "Pool serves on when the program's stdout cannot be written",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const args = [
      "-c",
      `exec "$0" "$@" >/dev/full`,
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-prompt",
      "--no-lock",
      "--no-config",
      `--allow-run=${Deno.execPath()}`,
      import.meta.resolve("../../fixtures/tasks/print_in_tasks.ts"),
    ];
    const { code, stderr } = await new Deno.Command("sh", { args }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, "[ 1, 2 ] 0\n"]);
  },
});

Deno.test("Pool passes on what a worker writes to stderr by itself", async () => {
  await using program = new RunningProgram(`
    await using pool = new Pool({ workers: 1 });
    await pool.apply(() => { setTimeout(() => { throw new Error("on its own") }); return new Promise(() => {}); })
      .catch((error) => console.log(error.name));
  `);
  assertEquals(await program.line(), "WorkerExitError");
  assertStringIncludes(await program.stderr, "on its own");
});
