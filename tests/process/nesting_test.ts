/** End-to-end tests of processes that have processes and pools of their own, and of code that would start them without end. */
import { dirname } from "node:path";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PermissionError, Pool, Process, Queue } from "../../mod.ts";
import { ended } from "../helpers/pools/ended.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { survivors } from "../helpers/programs/processes.ts";

const TREE = import.meta.resolve("../fixtures/processes/process_tree.ts");
const RUN: Deno.PermissionOptions = { run: [Deno.execPath()] };

Deno.test("Processes start processes, which tell their places depth-first", async () => {
  const queue = new Queue<string>();
  const process = new Process({ target: "tellTree", args: [queue, 2], module: TREE, permissions: RUN });
  assertEquals(await ended(process), 0);
  const told: string[] = [];
  while (!await queue.empty()) told.push((await queue.get()).replaceAll(/Process-\d+/g, "P"));
  assertEquals(told, [
    "P:1:1 of P:1",
    "P:1:2 of P:1",
    "P:1 of P",
    "P:2 of P",
    "P of MainProcess",
  ]);
});

Deno.test("A process has queues, processes and pools of its own, also when it is a daemon", async () => {
  const queue = new Queue<unknown>();
  for (const [target, told] of [["useOwnQueue", 42], ["useOwnPool", [1, 4, 9]]] as const) {
    const process = new Process({ target, args: [queue], module: TREE, permissions: RUN, daemon: true });
    assertEquals(await ended(process), 0);
    assertEquals(await queue.getNowait(), told);
  }
});

Deno.test("A task of a pool starts processes", async () => {
  await using pool = new Pool({ workers: 1, module: TREE, permissions: RUN });
  const queue = new Queue<unknown>();
  await pool.apply("useOwnQueue", [queue]);
  assertEquals(await queue.getNowait(), 42);
});

Deno.test("currentProcess() in a task is the pool's worker", async () => {
  await using pool = new Pool({ workers: 1, module: import.meta.resolve("../fixtures/processes/tell_identity.ts") });
  assertEquals(await pool.apply("identity"), ["PoolWorker-1", true, true, "MainProcess", Deno.pid]);
});

Deno.test("A process without run access cannot start others, and the error says what is missing", async () => {
  const { stderr } = await runProgram(`
    const process = new corral.Process({ target: "useOwnQueue", args: [new corral.Queue()], module: ${
    JSON.stringify(TREE)
  } });
    process.start();
    await process.join();`);
  assertStringIncludes(
    stderr,
    `${PermissionError.name}: Cannot start workers: this worker may not run Deno, grant it with`,
  );
});

Deno.test("A process that was granted `deno` starts others, also when it has no PATH to find it on", async () => {
  const { stdout, stderr } = await runProgram(
    `const queue = new corral.Queue();
    const permissions = { run: ["deno"] };
    const process = new corral.Process({ target: "useOwnQueue", args: [queue], module: ${
      JSON.stringify(TREE)
    }, permissions });
    process.start();
    await process.join();
    console.log(await queue.getNowait());`,
    { flags: ["--allow-run=deno"], env: { PATH: dirname(Deno.execPath()) } },
  );
  assertEquals([stdout, stderr], ["42\n", ""]);
});

Deno.test("A process's process gets its permissions by inheritance, and the configuration that neither may read", async () => {
  const queue = new Queue<string[]>();
  const module = import.meta.resolve("../fixtures/processes/nest_with_imports.ts");
  const process = new Process({ target: "nest", args: [queue, 2], module, permissions: { run: true } });
  assertEquals(await ended(process), 0);
  assertEquals(await queue.getNowait(), ["run"]);
});

Deno.test("A module that starts processes while it loads in one fails with an error, instead of starting them without end", async () => {
  const { code, stdout, stderr } = await runProgram(
    `await import(${JSON.stringify(import.meta.resolve("../fixtures/processes/start_on_load.ts"))});`,
    { flags: [`--allow-run=${Deno.execPath()}`, "--allow-read"] },
  );
  assertEquals([code, stdout], [0, "exit code 1\n"]);
  assertMatch(stderr, /Cannot start a process: this worker is still loading the module.*import\.meta\.main/);
});

Deno.test("A pool whose module makes that pool while it loads says which guard is missing", async () => {
  const { code, stderr } = await runProgram(
    `await import(${JSON.stringify(import.meta.resolve("../fixtures/processes/pool_on_load.ts"))});`,
    { flags: [`--allow-run=${Deno.execPath()}`, "--allow-read"] },
  );
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /Cannot start workers: this worker is still loading .*"if \(import\.meta\.main\)"/,
  );
});

Deno.test("parentProcess() sees its parent end in a detached process, which outlives it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const queue = new Queue<number>();
  const permissions = { ...RUN, net: ["127.0.0.1"] };
  const middle = new Process({
    target: "leaveDetached",
    args: [queue, listener.addr.port],
    module: TREE,
    permissions,
  });
  middle.start();
  const pid = await queue.get();
  using connection = await listener.accept();
  const lines = connection.readable.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await lines.read()).value, `${pid} true false\n`);
  middle.kill();
  await middle.join();
  assertEquals((await lines.read()).value, "false\n");
  assert((await lines.read()).done);
  assertEquals(await survivors([pid], 20_000), []);
});
