/** End-to-end tests of calls that a process is in no state for, and of options that cannot be. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  EncodingError,
  FunctionNotFoundError,
  PermissionError,
  Process,
  type ProcessOptions,
  WorkerStartError,
} from "../../mod.ts";
import { ended } from "../helpers/pools/ended.ts";

Deno.test("Process refuses what needs a start when it was not started", async () => {
  const process = new Process({ name: "p" });
  await assertRejects(() => process.join(), Error, "Cannot join p: it was not started, start() it first");
  assertThrows(() => process.terminate(), Error, "Cannot terminate p: it was not started");
  assertThrows(() => process.kill(), Error, "Cannot kill p: it was not started");
  assertThrows(() => process.sentinel, Error, "Cannot watch p: it was not started");
});

Deno.test("Process.start() throws when it is called twice, also after the end", async () => {
  const process = new Process({ name: "p" });
  process.start();
  assertThrows(() => process.start(), Error, "Cannot start p: it was started before, a process starts once");
  await process.join();
  assertThrows(() => process.start(), Error, "Cannot start p: it was started before");
});

Deno.test("Process.daemon cannot be set after the start", async () => {
  const process = new Process({ name: "p" });
  process.daemon = true;
  process.daemon = false;
  process.start();
  assertThrows(() => process.daemon = true, Error, "Cannot change p: it was started");
  await process.join();
});

Deno.test("Process.close() refuses a running process, and then all but the name is closed", async () => {
  const process = new Process({ target: () => new Promise(() => {}), name: "p" });
  process.start();
  assertThrows(() => process.close(), Error, "Cannot close p: it is running, join() or terminate() it first");
  process.kill();
  await process.join();
  process.close();
  process.close();
  await assertRejects(() => process.join(), ClosedError, "Cannot join p: it was closed");
  const uses: (() => unknown)[] = [
    () => process.isAlive(),
    () => process.terminate(),
    () => process.kill(),
    () => process.start(),
    () => process.pid,
    () => process.exitCode,
    () => process.sentinel,
  ];
  for (const use of uses) assertThrows(use, ClosedError, "p: it was closed");
  assertEquals([process.name, process.daemon], ["p", false]);
});

Deno.test("Process.close() before the start makes it unusable", () => {
  const process = new Process();
  process.close();
  assertThrows(() => process.start(), ClosedError);
});

Deno.test("Process is ended when it is disposed of, by force if need be", async () => {
  let process: Process;
  {
    await using scoped = new Process({
      target: () => {
        Deno.addSignalListener("SIGTERM", () => {});
        return new Promise(() => {});
      },
      killGraceMs: 50,
    });
    scoped.start();
    process = scoped;
  }
  assertEquals([process.isAlive(), process.exitCode! < 0], [false, true]);
  await using _neverStarted = new Process();
  await using hasEnded = new Process();
  assertEquals(await ended(hasEnded), 0);
});

const WRONG_OPTIONS: [options: Record<string, unknown>, error: ErrorConstructor, message: string][] = [
  [{ daemons: true }, TypeError, '"daemons" is not an option of a process'],
  [{ target: 5 }, TypeError, '"target" is number'],
  [{ args: "text" }, TypeError, '"args" is string, an array is wanted'],
  [{ name: 5 }, TypeError, "Cannot name a process: the name is 5, a string is wanted"],
  [{ daemon: "yes" }, TypeError, '"daemon" is string, true or false is wanted'],
  [{ detached: 1 }, TypeError, '"detached" is number'],
  [{ trust: "some" }, TypeError, '"trust" is "some"'],
  [{ memoryLimitMiB: 1 }, RangeError, '"memoryLimitMiB" is 1'],
  [{ killGraceMs: -1 }, RangeError, '"killGraceMs" is -1'],
  [{ module: "./relative.ts" }, TypeError, "Cannot load module"],
];

Deno.test("new Process() throws when an option cannot be", () => {
  for (const [options, error, message] of WRONG_OPTIONS) {
    assertThrows(() => new Process(options as ProcessOptions), error, message);
  }
  assertThrows(() => new Process().name = 5 as unknown as string, TypeError);
});

Deno.test("Process.start() throws what is wrong, and nothing has started", async () => {
  const cases: [options: ProcessOptions, error: new (...args: never[]) => Error, message: string][] = [
    [{ target: "name" }, FunctionNotFoundError, "a name needs a module"],
    [{ target: (() => {}).bind(null) }, FunctionNotFoundError, "bound or native"],
    [{ target: () => {}, args: [1, Symbol()] }, EncodingError, "Cannot send $[1]: a symbol"],
    [{ permissions: { ffi: true } }, PermissionError, "Cannot grant all ffi access"],
    [{ cwd: "/does/not/exist", name: "p" }, WorkerStartError, "Cannot start p: "],
  ];
  for (const [options, error, message] of cases) {
    const process = new Process(options);
    assertThrows(() => process.start(), error as ErrorConstructor, message);
    assertEquals([process.isAlive(), process.pid, process.exitCode], [false, null, null]);
    await assertRejects(() => process.join(), Error, "it was not started");
  }
});
