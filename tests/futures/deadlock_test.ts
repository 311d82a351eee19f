// End-to-end tests of ProcessPoolExecutor where something fails on the way to a worker, in it, or back: nothing waits for ever.
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import {
  BrokenPoolError,
  EncodingError,
  type Future,
  ProcessPoolExecutor,
  ProtocolError,
  WorkerExitError,
} from "../../mod.ts";
import { square } from "../fixtures/tasks/compute.ts";
import { write } from "../fixtures/attacks/forge_frames.ts";
import { crash, exit, harmfulResult } from "../fixtures/attacks/harmful_values.ts";
import { throwValue } from "../fixtures/tasks/throw_errors.ts";
import { within } from "../helpers/simulated/clock.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { assertNoChildLeft } from "../helpers/pools/with_executor.ts";

interface Case {
  readonly name: string;
  readonly submit: (executor: ProcessPoolExecutor) => Future<unknown>;
  // deno-lint-ignore no-explicit-any -- what a constructor takes does not matter here
  readonly errorClass: abstract new (...args: any[]) => Error;
  readonly message?: string;
  /** Its worker dies. */
  readonly dies?: boolean;
  readonly module?: string;
}

/** A function whose text does something when a worker compiles it, and nothing here. */
function compiling(effect: string): (...args: never[]) => unknown {
  return Function(
    `return { [(() => { if (typeof document === "undefined" && !globalThis.corralTest) { ${effect} } return "compiled"; })()]() {} }.compiled`,
  )();
}

const CASES: Case[] = [
  {
    name: "an argument cannot be encoded",
    submit: (executor) => executor.submit(square, (() => {}) as never),
    errorClass: EncodingError,
  },
  {
    name: "the worker exits while it reads the task",
    submit: (executor) => executor.submit(compiling("Deno.exit(7)")),
    errorClass: WorkerExitError,
    message: "exited with code 7",
    dies: true,
  },
  {
    name: "the worker fails while it reads the task",
    submit: (executor) => executor.submit(compiling('throw new RangeError("not compiled")')),
    errorClass: RangeError,
    message: "not compiled",
  },
  {
    name: "the worker crashes while it reads the task",
    submit: (executor) => executor.submit(compiling('Deno.kill(Deno.pid, "SIGKILL")')),
    errorClass: WorkerExitError,
    message: "SIGKILL",
    dies: true,
  },
  {
    name: "the task crashes",
    submit: (executor) => executor.submit(crash),
    errorClass: WorkerExitError,
    message: "SIGKILL",
    dies: true,
  },
  {
    name: "the task exits",
    submit: (executor) => executor.submit(exit, 3),
    errorClass: WorkerExitError,
    message: "exited with code 3",
    dies: true,
  },
  {
    name: "the task throws",
    submit: (executor) => executor.submit(throwValue, new SyntaxError("thrown")),
    errorClass: SyntaxError,
    message: "thrown",
  },
  {
    name: "the worker crashes while it encodes the result",
    submit: (executor) => executor.submit(harmfulResult, "crash"),
    errorClass: WorkerExitError,
    message: "SIGKILL",
    dies: true,
  },
  {
    name: "the worker exits while it encodes the result",
    submit: (executor) => executor.submit(harmfulResult, "exit"),
    errorClass: WorkerExitError,
    message: "exited with code 5",
    dies: true,
  },
  {
    name: "the result fails while it is encoded",
    submit: (executor) => executor.submit(harmfulResult, "throw"),
    errorClass: EncodingError,
    message: "a getter that throws",
  },
  {
    name: "the result cannot be encoded",
    submit: (executor) => executor.submit(() => Symbol("result")),
    errorClass: EncodingError,
  },
  {
    name: "the result cannot be decoded",
    submit: (executor) => executor.submit(write, [0, 0, 0, 8, 0, 0, 0, 4, 91, 91, 91, 91]),
    errorClass: ProtocolError,
    dies: true,
    module: import.meta.resolve("../fixtures/attacks/forge_frames.ts"),
  },
];

/** Has one executor meet these cases in turn: after each that does not break it, it still works. In the end it ends. */
async function meet(cases: readonly Case[], onWorkerExit: "replace" | "break"): Promise<void> {
  Object.assign(globalThis, { corralTest: true });
  const log = new EventLog();
  const module = cases[0]!.module;
  const executor = new ProcessPoolExecutor({
    maxWorkers: 1,
    permissions: { run: true },
    onWorkerExit,
    onEvent: log.listener,
    ...(module === undefined ? {} : { module }),
  });
  for (const { name, submit, errorClass, message = "", dies = false } of cases) {
    const error = await within(10_000, () => submit(executor).exception()) as Error;
    const isBroken = dies && onWorkerExit === "break";
    assertInstanceOf(error, isBroken ? BrokenPoolError : errorClass, `${name}: ${error}`);
    if (isBroken) assertInstanceOf(error.cause, errorClass, name);
    assertStringIncludes(error.message, message, name);
    if (!isBroken) assertEquals(await within(10_000, () => executor.submit(square, 3)), 9, name);
  }
  await within(10_000, () => executor.shutdown());
  assertNoChildLeft(log);
}

Deno.test("ProcessPoolExecutor settles each future, works on and ends, whatever fails (replace)", async () => {
  await meet(CASES.filter(({ module }) => module === undefined), "replace");
});

Deno.test("ProcessPoolExecutor settles each future, works on and ends, whatever fails but a worker (break)", async () => {
  await meet(CASES.filter(({ dies }) => !dies), "break");
});

for (const onWorkerExit of ["replace", "break"] as const) {
  for (const one of CASES.filter(({ dies, module }) => dies && (onWorkerExit === "break" || module !== undefined))) {
    Deno.test(`ProcessPoolExecutor settles the future and ends when ${one.name} (${onWorkerExit})`, async () => {
      await meet([one], onWorkerExit);
    });
  }
}

Deno.test("ProcessPoolExecutor.shutdown() returns when a worker crashes after it was called", async () => {
  for (const onWorkerExit of ["replace", "break"] as const) {
    const log = new EventLog();
    const executor = new ProcessPoolExecutor({
      maxWorkers: 2,
      permissions: { run: true },
      onWorkerExit,
      onEvent: log.listener,
    });
    assertEquals(await executor.submit(square, 2), 4);
    const future = executor.submit(crash);
    const failure = future.exception();
    await within(10_000, () => executor.shutdown());
    assertInstanceOf(await failure, onWorkerExit === "break" ? BrokenPoolError : WorkerExitError);
    assertNoChildLeft(log);
  }
});

Deno.test("ProcessPoolExecutor.shutdown() without waiting lets workers leave when an argument could not be encoded", async () => {
  const log = new EventLog();
  const executor = new ProcessPoolExecutor({ maxWorkers: 2, onEvent: log.listener });
  const future = executor.submit(square, Symbol("argument") as never);
  const good = executor.submit(square, 3);
  await executor.shutdown({ wait: false });
  assertInstanceOf(await within(10_000, () => future.exception()), EncodingError);
  assertEquals(await good, 9);
  await within(10_000, () => executor.shutdown());
  assertNoChildLeft(log);
});

Deno.test("ProcessPoolExecutor settles all futures when a worker crashes with more in its pipe than that holds", async () => {
  for (const onWorkerExit of ["replace", "break"] as const) {
    const log = new EventLog();
    const executor = new ProcessPoolExecutor({
      maxWorkers: 1,
      permissions: { run: true },
      onWorkerExit,
      onEvent: log.listener,
    });
    const payload = "a".repeat(1024 * 1024);
    const futures = Array.from({ length: 3 }, () => executor.submit(crash, payload));
    const errors = await within(30_000, () => Promise.all(futures.map((future) => future.exception())));
    for (const error of errors) {
      assertInstanceOf(error, onWorkerExit === "break" ? BrokenPoolError : WorkerExitError);
    }
    assert(futures.every((future) => future.done()));
    await executor.shutdown();
    assertNoChildLeft(log);
  }
});
