// Unit.
import { assertEquals } from "@std/assert";
import { WorkerStartError } from "../../../src/errors.ts";
import { StartBudget } from "../../../src/pool/scheduling/start_budget.ts";

const LASTING = new SyntaxError("Unexpected token");
const KILLED = new WorkerStartError("killed", { signal: "SIGKILL" });

Deno.test("StartBudget.failed() has what may pass tried again, with delays that double, four times", () => {
  const budget = new StartBudget();
  const verdicts = Array.from({ length: 4 }, () => budget.failed(KILLED));
  assertEquals(
    verdicts,
    [25, 50, 100, 200].map((delayMs) => ({ retry: true, exhausted: false, delayMs })),
  );
  assertEquals(budget.failed(KILLED).retry, false);
  assertEquals(budget.failed(KILLED), { retry: true, exhausted: false, delayMs: 25 });
});

Deno.test("StartBudget.failed() knows what may pass", () => {
  const spawnError = (message: string, code?: string) =>
    new WorkerStartError("Cannot start", { cause: Object.assign(new Error(message), { code }) });
  const table: [Error, boolean][] = [
    [KILLED, true],
    [spawnError("Resource temporarily unavailable (os error 11)", "EAGAIN"), true],
    [spawnError("Cannot allocate memory (os error 12)", "ENOMEM"), true],
    [spawnError("Too many open files in system (os error 23)", "ENFILE"), true],
    [spawnError("Too many open files (os error 24)", "EMFILE"), true],
    [spawnError("No such file or directory (os error 2)", "ENOENT"), false],
    // A text alone may be a stranger's.
    [spawnError("Too many open files (os error 24)"), false],
    [Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" }), false],
    [new WorkerStartError("exited with code 1", { stderrTail: "thread main panicked: (os error 11)" }), true],
    [
      new WorkerStartError("exited with code 101", { stderrTail: "Err` value: Os { code: 24, kind: Uncategorized" }),
      true,
    ],
    [new WorkerStartError("exited with code 101", { stderrTail: "Err` value: Os { code: 2, kind: NotFound" }), false],
    [
      new WorkerStartError("exited with code 1", {
        stderrTail: "Deno could not start: unable to create worker threads.",
      }),
      true,
    ],
    [new WorkerStartError("exited with code 1", { stderrTail: "something else (os error 240)" }), false],
    [new WorkerStartError("exited with code 1", { exitCode: 1 }), false],
    [LASTING, false],
  ];
  for (const [error, retry] of table) {
    assertEquals(new StartBudget().failed(error).retry, retry, `${error.message} ${error.cause}`);
  }
});

Deno.test("StartBudget.failed() is exhausted at the sixth failure in a row", () => {
  const budget = new StartBudget();
  const verdicts = Array.from({ length: 7 }, () => budget.failed(LASTING).exhausted);
  assertEquals(verdicts, [false, false, false, false, false, true, true]);
});

Deno.test("StartBudget.failed() says ever longer delays, up to a bound, where there is no retry", () => {
  const budget = new StartBudget();
  const delays = Array.from({ length: 12 }, () => budget.failed(LASTING).delayMs);
  assertEquals(delays, [50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 25600, 25600]);
});

Deno.test("StartBudget.succeeded() begins all counts from zero", () => {
  const budget = new StartBudget();
  for (let failure = 0; failure < 5; failure++) budget.failed(LASTING);
  for (let failure = 0; failure < 4; failure++) budget.failed(KILLED);
  budget.succeeded();
  assertEquals(budget.failed(KILLED), { retry: true, exhausted: false, delayMs: 25 });
  assertEquals(budget.failed(LASTING), { retry: false, exhausted: false, delayMs: 50 });
});

Deno.test("StartBudget.mayReplace() allows ten replacements in ten seconds", () => {
  const budget = new StartBudget();
  const answers = Array.from({ length: 12 }, (_, index) => budget.mayReplace(5000 + index));
  assertEquals(answers, [...Array(10).fill(true), false, false]);
  assertEquals(budget.mayReplace(15_000), false);
  assertEquals(budget.mayReplace(15_001), true);
});
