/** End-to-end tests: a program that imports one entry of the library alone gets by with every kind of handle. */
import { assertEquals } from "@std/assert";

/** What a program calls on each kind of handle, and what it gets. */
const KINDS: Record<string, [call: string, result: string]> = {
  Queue: ["handle.qsize()", "0"],
  JoinableQueue: ["handle.qsize()", "0"],
  SimpleQueue: ["handle.empty()", "true"],
  Connection: ["handle.poll()", "false"],
  Lock: ["handle.locked()", "false"],
  RLock: ["handle.use(() => 7)", "7"],
  Semaphore: ["handle.value()", "1"],
  BoundedSemaphore: ["handle.value()", "1"],
  Condition: ["handle.locked()", "false"],
  Event: ["handle.isSet()", "false"],
  Barrier: ["handle.parties()", "2"],
  dict: ['handle.get("a")', "1"],
  list: ["handle.at(0)", "1"],
  namespace: ['handle.get("a")', "1"],
  value: ["handle.get()", "1"],
  array: ["handle.at(0)", "1"],
  instance: ["handle.greet()", "hello"],
  iterator: ["handle.next().then(({ value }) => value)", "a"],
};

const MODULE = JSON.stringify(import.meta.resolve("./fixtures/make_handles.ts"));

/** Programs that get the handle of each kind in `KINDS`, by the one entry named. */
const PROGRAMS: Record<string, string> = {
  "pool/mod.ts": `
    const { Pool } = entry;
    const pool = new Pool({ workers: 1, module: ${MODULE} });
    const get = (kind) => pool.apply("makeHandle", [kind]);
    const end = () => pool.terminate();`,
  "futures/mod.ts": `
    const { ProcessPoolExecutor } = entry;
    const executor = new ProcessPoolExecutor({ maxWorkers: 1, module: ${MODULE} });
    const get = async (kind) => await executor.submit("makeHandle", kind);
    const end = () => executor.terminateWorkers();`,
  // A process has no result: its handles come through a queue.
  "process/mod.ts": `
    const { Process } = entry;
    const { Queue } = await import(${JSON.stringify(import.meta.resolve("../src/channels/mod.ts"))});
    const running = [];
    const get = async (kind) => {
      const queue = new Queue();
      const process = new Process({ module: ${MODULE}, target: "putHandle", args: [kind, queue] });
      process.start();
      running.push(process);
      return await queue.get();
    };
    const end = async () => {
      for (const process of running) process.terminate();
      for (const process of running) await process.join();
    };`,
};

for (const [path, body] of Object.entries(PROGRAMS)) {
  Deno.test(`A program that imports only src/${path} gets every kind of handle, and uses it`, async () => {
    const calls = Object.entries(KINDS).map(([kind, [call]]) => `
      { const handle = await get(${JSON.stringify(kind)}); console.log(${JSON.stringify(kind)}, await ${call}); }`);
    const program = `
      import * as entry from ${JSON.stringify(import.meta.resolve(`../src/${path}`))};
      ${body}
      ${calls.join("")}
      await end();`;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--no-lock",
        "--allow-run",
        "--allow-read",
        `data:text/javascript,${encodeURIComponent(program)}`,
      ],
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    assertEquals([new TextDecoder().decode(stderr), code], ["", 0]);
    assertEquals(lines, Object.entries(KINDS).map(([kind, [, result]]) => `${kind} ${result}`));
  });
}
