/** End-to-end: A task that reads stdin finds its end, by whatever way, and its worker goes on. */
import { assertEquals, assertRejects } from "@std/assert";
import { Pool, Queue } from "../../../mod.ts";
import { runProgram } from "../../helpers/programs/program.ts";

const MODULE = import.meta.resolve("../../fixtures/tasks/read_stdin.ts");
const ignore = Deno.build.os === "windows";

Deno.test({
  name: "a module finds the end of stdin while it loads, and its tasks do by every way",
  ignore,
  fn: async () => {
    await using pool = new Pool({ workers: 1, module: MODULE });
    const pid = await pool.apply("pid");
    for (const way of await pool.apply("ways") as string[]) {
      assertEquals([way, await pool.apply("readBy", [way], { timeoutMs: 10_000 })], [way, ""]);
    }
    assertEquals(await pool.apply("pid"), pid);
  },
});

Deno.test({
  name: "a task that loads Node's layer only when it runs finds the end of stdin, however many tasks lie behind it",
  ignore,
  fn: async () => {
    await using pool = new Pool({ workers: 2 });
    const read = (index: number): unknown => {
      if (index % 100 !== 50) return index;
      // In one go: what is on its way to the worker lies in the pipe meanwhile.
      // deno-lint-ignore no-explicit-any -- the task is sent as text
      const fs = (globalThis as any).process.getBuiltinModule("node:fs");
      return index + fs.readFileSync(0, "utf8");
    };
    const results = await Promise.all(Array.from({ length: 2000 }, (_, index) => pool.apply(read, [index])));
    results.forEach((result, index) => assertEquals(result, index % 100 === 50 ? `${index}` : index));
    const texts = await Promise.all(
      [1, 2, 3].map((_) => pool.apply(async () => (await import("node:fs")).readFileSync(0, "utf8"))),
    );
    assertEquals([texts, pool.stats().workersLost], [["", "", ""], 0]);
  },
});

Deno.test({
  name: "a worker that left stdin goes on with queues, large arguments, aborts and an end",
  ignore,
  fn: async () => {
    await using pool = new Pool({ workers: 1, module: MODULE });
    const queue = new Queue<number>();
    const sum = pool.apply("readBetween", [queue]);
    await queue.put(1);
    await queue.put(2);
    assertEquals(await sum, 3);
    const bytes = new Uint8Array(20_000_000).fill(3);
    assertEquals(await pool.apply((bytes: Uint8Array) => bytes.length, [bytes]), bytes.length);
    assertEquals((await pool.apply((bytes: Uint8Array) => bytes, [bytes])).length, bytes.length);
    const pid = await pool.apply("pid");
    const abort = new AbortController();
    const aborted = pool.apply(queue.get, [], { signal: abort.signal });
    abort.abort(new Error("enough"));
    await assertRejects(() => aborted, Error, "enough");
    assertEquals(
      await pool.map((x: number) => x * 2, Array.from({ length: 1000 }, (_, x) => x)).then((all) => all[999]),
      1998,
    );
    assertEquals(await pool.apply("pid"), pid);
  },
});

Deno.test({
  name: "a Process that read stdin by its number ends by itself, when its timers and waits are over",
  ignore,
  fn: async () => {
    const { code, stdout, stderr } = await runProgram(`
      const queue = new corral.Queue();
      const process = new corral.Process({
        target: async (queue) => {
          const { readFileSync } = await import("node:fs");
          console.log(JSON.stringify(readFileSync(0, "utf8")), await queue.get());
          setTimeout(() => console.log("a timer"), 50);
        },
        args: [queue],
      });
      process.start();
      await queue.put("an item");
      await process.join();
      console.log(process.exitCode);
    `);
    assertEquals([code, stdout, stderr], [0, '"" an item\na timer\n0\n', ""]);
  },
});

/** What a task finds on stdin by its number, in a program with these flags that holds so many MiB. */
async function stdinOfTask(flags: string[], mebibytes: number): Promise<string> {
  const { code, stdout, stderr } = await runProgram(
    `
    const held = Array.from({ length: ${mebibytes} }, () => new Uint8Array(2 ** 20).fill(1));
    await using pool = new Pool({ workers: 1 });
    const read = async () => (await import("node:fs")).readFileSync(0, "utf8");
    console.log(JSON.stringify(await pool.apply(read, [], { timeoutMs: 20_000 })), held.length);`,
    { flags },
  );
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

for (const [whose, flags] of [["may start anything", ["--allow-run"]], ["may start Deno alone", undefined]] as const) {
  Deno.test({
    name: `a task finds the end of stdin in a large program that ${whose}`,
    ignore,
    fn: async () => {
      assertEquals(await stdinOfTask(flags?.slice() ?? [`--allow-run=${Deno.execPath()}`], 100), '"" 100\n');
    },
  });
}

Deno.test({
  name: "a worker finds its input and the end of stdin, whatever of read access is granted and denied",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const states = (): string[] => {
      const state = (path?: string) => Deno.permissions.querySync({ name: "read", ...(path && { path }) }).state;
      return [state(), state("/proc/self/fd/3"), state("/tmp")];
    };
    const cases: [Deno.PermissionOptionsObject, Deno.PermissionOptionsObject, string[]][] = [
      [{}, {}, ["prompt", "prompt", "prompt"]],
      [{}, { read: true }, ["denied", "denied", "denied"]],
      [{ read: ["/tmp"] }, {}, ["prompt", "prompt", "granted"]],
      [{ read: ["/tmp"] }, { read: ["/proc"] }, ["prompt", "denied", "granted"]],
      [{ read: ["/"] }, {}, ["prompt", "granted", "granted"]],
      [{ read: ["/"] }, { read: ["/proc"] }, ["prompt", "granted", "granted"]],
      [{ read: true }, {}, ["granted", "granted", "granted"]],
      // There it reads stdin.
      [{ read: true }, { read: ["/proc"] }, ["granted", "denied", "granted"]],
    ];
    for (const [permissions, deny, expected] of cases) {
      await using pool = new Pool({ workers: 1, permissions, deny });
      assertEquals(await pool.apply(states), expected, Deno.inspect([permissions, deny]));
      const text = await pool.apply(() => new Response(Deno.stdin.readable).text());
      assertEquals(text, "");
    }
  },
});

Deno.test("a task that closes its standard descriptors costs at most itself", async () => {
  await using pool = new Pool({ workers: 1, module: MODULE });
  await pool.apply("closeAll", [], { timeoutMs: 10_000 }).catch(() => {});
  assertEquals(await pool.apply(Math.sqrt, [4]), 2);
});
