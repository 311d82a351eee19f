// Unit tests of the public error classes.
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import * as errors from "../src/errors.ts";

Deno.test("every error class has its own name, also when it extends another", () => {
  for (const [name, ErrorClass] of Object.entries(errors)) {
    const error = new (ErrorClass as new (message: string) => Error)("broken");
    assertInstanceOf(error, Error);
    assertEquals(error.name, name);
    assertEquals(error.message, "broken");
  }
});

Deno.test("WorkerExitError says what is known of the process", () => {
  const cause = new Error("end of stream");
  const details = { pid: 7, signal: "SIGKILL", taskStarted: true, stderrTail: "bye", cause };
  const error = new errors.WorkerExitError("Worker 7 was killed", details);
  assertEquals(error.pid, 7);
  assertEquals(error.exitCode, null);
  assertEquals(error.signal, "SIGKILL");
  assert(error.taskStarted);
  assertEquals(error.stderrTail, "bye");
  assertStrictEquals(error.cause, cause);
});

Deno.test("WorkerExitError has safe defaults when nothing is known", () => {
  const error = new errors.WorkerExitError("Worker did not start");
  assertEquals(error.pid, undefined);
  assertEquals(error.exitCode, null);
  assertEquals(error.signal, null);
  assertEquals(error.taskStarted, false);
  assertEquals(error.stderrTail, "");
  assertEquals("cause" in error, false);
});

Deno.test("errors of a dying worker are WorkerExitErrors", () => {
  const { WorkerExitError, WorkerStartError, OutOfMemoryError, ProtocolError, PoisonTaskError } = errors;
  for (const ErrorClass of [WorkerStartError, OutOfMemoryError, ProtocolError]) {
    assertInstanceOf(new ErrorClass("", { exitCode: 3 }), WorkerExitError);
    assertEquals(new ErrorClass("", { exitCode: 3 }).exitCode, 3);
  }
  const poison = new PoisonTaskError("", 2, { signal: "SIGSEGV" });
  assertInstanceOf(poison, WorkerExitError);
  assertEquals([poison.attempts, poison.signal], [2, "SIGSEGV"]);
});

Deno.test("errors carry the numbers that they are about", () => {
  assertEquals(new errors.TaskTimeoutError("", 300).timeoutMs, 300);
  assertEquals(new errors.EncodingError("", "$.rows[3].when").path, "$.rows[3].when");
  const large = new errors.PayloadTooLargeError("", 300, 256);
  assertEquals([large.byteLength, large.limitBytes], [300, 256]);
});
