/** End-to-end tests: a program that imports one entry of the library alone gets by with every kind of handle. */
import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { runProgram } from "./helpers/programs/program.ts";

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

const MODULE = JSON.stringify(import.meta.resolve("./fixtures/shared/make_handles.ts"));

const KIND_NAMES = JSON.stringify(Object.keys(KINDS));

const POOL_PROGRAM = `
    const pool = new Pool({ workers: 1, module: ${MODULE} });
    const get = (kind) => pool.apply("makeHandle", [kind]);
    const end = () => pool.terminate();`;

/** Programs that get the handle of each kind in `KINDS` from another process, by the one entry named. */
const PROGRAMS: Record<string, string> = {
  ".": POOL_PROGRAM,
  "./pool": POOL_PROGRAM,
  "./backend": `
    const { decode, encode, makeLocalBackend } = entry;
    const backend = makeLocalBackend({ workers: 1, module: ${MODULE} });
    const NOTHING = () => {};
    const get = (kind) =>
      new Promise((resolve, reject) =>
        backend.submit({
          function: { kind: "export", name: "makeHandle" },
          payload: encode([kind]),
          handles: [],
          chunk: undefined,
          byteLength: 0,
          priority: 0,
          key: undefined,
          timeoutMs: undefined,
          retries: 0,
          trace: undefined,
        }, { sent: NOTHING, begun: NOTHING, returned: NOTHING, retried: NOTHING, progress: NOTHING, resolve, reject })
      );
    const end = () => {
      backend.terminate(() => new Error("ended"), "terminate");
      return backend.ended;
    };`,
  "./futures": `
    const { ProcessPoolExecutor } = entry;
    const executor = new ProcessPoolExecutor({ maxWorkers: 1, module: ${MODULE} });
    const get = async (kind) => await executor.submit("makeHandle", kind);
    const end = () => executor.terminateWorkers();`,
  // A process has no result: its handles come through a queue, in the order of `KINDS`.
  "./process": `
    const { Process } = entry;
    const { JoinableQueue } = await import(${JSON.stringify(import.meta.resolve("../src/channels/mod.ts"))});
    const queue = new JoinableQueue();
    const process = new Process({ module: ${MODULE}, target: "putHandles", args: [${KIND_NAMES}, queue] });
    process.start();
    let isUsed = false;
    const get = async () => {
      if (isUsed) await queue.taskDone();
      isUsed = true;
      return await queue.get();
    };
    const end = async () => {
      process.terminate();
      await process.join();
    };`,
};

/** Entries by which no handle comes from another process, and what a program that imports one alone does with the handles that it makes itself. */
const OWN_HANDLES: Record<string, string> = {
  "./sync": `
    const { Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore } = entry;
    const handles = { Lock: new Lock(), RLock: new RLock(), Semaphore: new Semaphore(), BoundedSemaphore: new BoundedSemaphore(),
      Condition: new Condition(), Event: new Event(), Barrier: new Barrier(2) };`,
  "./channels": `
    const { JoinableQueue, Pipe, Queue, SimpleQueue } = entry;
    const handles = { Queue: new Queue(), JoinableQueue: new JoinableQueue(), SimpleQueue: new SimpleQueue(), Connection: Pipe()[0] };
    const queue = new Queue();
    for (const [kind, handle] of Object.entries(handles)) {
      await queue.put(handle);
      handles[kind] = await queue.get();
    }`,
  "./manager": `
    const { Manager } = entry;
    const manager = new Manager();
    const shared = manager.dict();
    const handles = { Queue: manager.queue(), JoinableQueue: manager.joinableQueue(), SimpleQueue: manager.simpleQueue(), Lock: manager.lock(),
      RLock: manager.rlock(), Semaphore: manager.semaphore(), BoundedSemaphore: manager.boundedSemaphore(), Condition: manager.condition(),
      Event: manager.event(), Barrier: manager.barrier(2), dict: manager.dict({ a: 1 }), list: manager.list([1]),
      namespace: manager.namespace({ a: 1 }), value: manager.value(1), array: manager.array([1]) };
    for (const [kind, handle] of Object.entries(handles)) {
      await shared.set(kind, handle);
      handles[kind] = await shared.get(kind);
    }`,
};

/** Entries that have nothing to do with handles. */
const WITHOUT_HANDLES = ["./child", "./progress", "./trace", "./progress/parts", "./ahead"];

Deno.test("Each entry of the library is in these tests", () => {
  const tested = [...Object.keys(PROGRAMS), ...Object.keys(OWN_HANDLES), ...WITHOUT_HANDLES];
  assertEquals(tested.toSorted(), Object.keys(config.exports).toSorted());
});

for (const [name, body] of Object.entries(PROGRAMS)) {
  Deno.test(`A program that imports only ${name} gets every kind of handle, and uses it`, async () => {
    const calls = Object.entries(KINDS).map(([kind, [call]]) => `
      { const handle = await get(${JSON.stringify(kind)}); console.log(${JSON.stringify(kind)}, await ${call}); }`);
    const lines = await linesOf(
      name,
      `${body}${calls.join("")}
      await end();`,
    );
    assertEquals(lines, Object.entries(KINDS).map(([kind, [, result]]) => `${kind} ${result}`));
  });
}

for (const [name, body] of Object.entries(OWN_HANDLES)) {
  Deno.test(`A program that imports only ${name} uses the handles that it makes`, async () => {
    const calls = Object.entries(KINDS).map(([kind, [call]]) => `
      if (${JSON.stringify(kind)} in handles) {
        const handle = handles[${JSON.stringify(kind)}];
        console.log(${JSON.stringify(kind)}, await ${call});
      }`);
    const lines = await linesOf(name, `${body}${calls.join("")}`);
    assertEquals(lines.filter((line) => !isExpected(line)), []);
    assertEquals(lines.length > 3, true);
  });
}

for (const name of WITHOUT_HANDLES) {
  Deno.test(`A program that imports only ${name} has what it exports`, async () => {
    assertEquals(await linesOf(name, "console.log(Object.keys(entry).length > 0);"), ["true"]);
  });
}

function isExpected(line: string): boolean {
  const [kind = ""] = line.split(" ");
  return line === `${kind} ${KINDS[kind]?.[1]}`;
}

/** Runs a program that imports one entry, and returns the lines that it prints. It must print no error. */
async function linesOf(name: string, body: string): Promise<string[]> {
  const library = import.meta.resolve(`../${(config.exports as Record<string, string>)[name]}`);
  const flags = ["--allow-run", "--allow-read"];
  const { code, stdout, stderr } = await runProgram(`const entry = corral;\n${body}`, { library, flags });
  assertEquals([stderr, code], ["", 0]);
  return stdout.trim().split("\n");
}
