/** End-to-end tests of subclasses of Process: which class runs, and what of an instance travels. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { currentProcess, EncodingError, Process, Queue } from "../../mod.ts";
import Anonymous, {
  AroundTarget,
  ExitsWith5,
  ExitsWith6,
  ExportedByAnotherName,
  makeHidden,
  WithCallback,
} from "../fixtures/processes/process_classes.ts";
import { Upper } from "../fixtures/tasks/upper.ts";
import { ended } from "../helpers/pools/ended.ts";
import { runProgram } from "../helpers/programs/program.ts";

Deno.test("A subclass of Process runs its run() in the child, with its fields", async () => {
  const [input, output] = [new Queue<string>(), new Queue<unknown>()];
  const upper = new Upper(input, output);
  upper.start();
  for (const text of ["hello", "there"]) {
    await input.put(text);
    assertEquals(await output.get(), text.toUpperCase());
  }
  await input.put("");
  await upper.join();
  assertEquals(upper.exitCode, 0);
});

Deno.test("A subclass of Process is current in its child, under whatever name it is exported", async () => {
  const queue = new Queue<unknown>();
  const process = new ExportedByAnotherName(queue);
  process.start();
  assertEquals(await queue.get(), ["teller", process.pid, true, null, true]);
  await process.join();
  assertEquals(await ended(new Anonymous(queue)), 0);
  assertEquals(await queue.get(), new Map([["key", new Uint8Array([1, 2])]]));
});

Deno.test("A subclass of Process calls its target by super.run()", async () => {
  const queue = new Queue<unknown>();
  assertEquals(await ended(new AroundTarget(queue, "double")), 0);
  assertEquals(await queue.get(), ["before", 42, "after"]);
});

Deno.test("A subclass of Process without a run() of its own runs its target", async () => {
  class Named extends Process {}
  assertEquals(await ended(new Named({ target: () => Deno.exit(4) })), 4);
});

Deno.test("A subclass of Process may have its name and daemon as fields, as plain JavaScript lets it", async () => {
  class Watcher extends Process {
    // @ts-expect-error -- TypeScript refuses it
    override name = "watcher";
    // @ts-expect-error -- as above
    override daemon = true;
  }
  await using watcher = new Watcher({ target: () => void setInterval(() => {}, 1000) });
  watcher.start();
  assertEquals([watcher.name, watcher.daemon, Object.keys(watcher)], ["watcher", true, []]);
  assertThrows(() => watcher.daemon = false, Error, "Cannot change watcher: it was started");
});

Deno.test("A subclass of Process may not hide its exit code by a field", () => {
  class Hiding extends Process {
    // @ts-expect-error -- TypeScript refuses it
    override exitCode = 0;
  }
  assertThrows(() => new Hiding().start(), TypeError, 'its class has a field "exitCode"');
});

Deno.test("A subclass of Process that its module does not export fails with an error that says so", async () => {
  const { code, stderr } = await runProgram(
    `import { makeHidden } from ${JSON.stringify(import.meta.resolve("../fixtures/processes/process_classes.ts"))};
    const process = makeHidden(new corral.Queue());
    process.start();
    await process.join();
    Deno.exit(process.exitCode + 10);`,
  );
  assertEquals(code, 11);
  assertStringIncludes(stderr, "Cannot run class Hidden: the module does not export it");
  assertEquals(typeof makeHidden, "function");
});

Deno.test("A subclass of Process is not taken for another one that a factory made, with the same text", async () => {
  const { code, stderr } = await runProgram(
    `import { ExitsWith4 } from ${JSON.stringify(import.meta.resolve("../fixtures/processes/process_classes.ts"))};
    const process = new ExitsWith4();
    process.start();
    await process.join();
    Deno.exit(process.exitCode + 10);`,
  );
  assertEquals(code, 11);
  assertStringIncludes(stderr, 'the module has several exports with its text, "ExitsWith3" or "ExitsWith4"');
  assertEquals([await ended(new ExitsWith5()), await ended(new ExitsWith6())], [5, 6]);
});

Deno.test("A subclass of Process does not start when a field cannot travel, and names the field", () => {
  const process = new WithCallback();
  const error = assertThrows(() => process.start(), EncodingError);
  assertEquals(error.path, "$.callback");
  assertEquals([process.isAlive(), process.pid], [false, null]);
});

Deno.test("A subclass of Process without its module is refused when it has a run() of its own", () => {
  class NoModule extends Process {
    override run(): void {}
  }
  assertThrows(() => new NoModule(), TypeError, "pass module: import.meta");
});

Deno.test("currentProcess() cannot be joined, ended or started by itself", async () => {
  const own = currentProcess();
  await assertRejects(() => own.join(), Error, "Cannot join MainProcess: it calls this itself");
  for (const action of ["start", "terminate", "kill", "close"] as const) {
    assertThrows(() => own[action](), Error, `Cannot ${action} MainProcess: it `);
  }
  assertThrows(() => own.sentinel, Error, "Cannot watch MainProcess");
  assertThrows(() => own.daemon = true, Error, "Cannot change MainProcess");
});
