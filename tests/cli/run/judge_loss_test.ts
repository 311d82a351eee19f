// Unit: what the command says of a worker that was lost.
import { assertEquals } from "@std/assert";
import type { RecordBlock } from "../../../cli/records/record_block.ts";
import { judgeLoss } from "../../../cli/run/judge_loss.ts";
import type { RunningBlock } from "../../../cli/run/running_block.ts";
import type { ClusterChoice } from "../../../cli/options/cli_map_options.ts";
import { EncodingError, ProtocolError, WorkerExitError } from "../../../src/errors.ts";
import { workerExitError } from "../../../src/worker/exit_error.ts";

const running = {
  block: { attempt: 1, count: 1 } as RecordBlock,
  hasBegun: true,
  isExact: true,
  done: 0,
} as RunningBlock;

const OPTIONS = { retries: 0, retryOn: new Set<never>(), cluster: undefined };

Deno.test("judgeLoss() blames a record for SIGTERM to its worker, but on an agent only the second time", () => {
  const error = new WorkerExitError("ended", { signal: "SIGTERM", taskStarted: true });
  assertEquals(judgeLoss(running, error, OPTIONS).kind, "failed");
  const options = { ...OPTIONS, cluster: {} as ClusterChoice };
  assertEquals(judgeLoss(running, error, options).kind, "again");
  const suspect = { ...running, block: { ...running.block, suspect: true } } as RunningBlock;
  assertEquals(judgeLoss(suspect, error, options).kind, "failed");
});

Deno.test("judgeLoss() says what a worker did against the protocol, and leaves out the advice for callers of the library", () => {
  const exit = {
    pid: 47,
    exitCode: 0,
    signal: null,
    stderrTail: "",
    wasReady: true,
    inFrame: true,
    exceededMemory: undefined,
  };
  const cases: [violation: unknown, message: string][] = [
    [
      new ProtocolError("it answered task 7, which it does not hold"),
      "the worker broke the protocol, it answered task 7, which it does not hold",
    ],
    [undefined, "the worker exited with code 0 in the middle of a message"],
  ];
  for (const [violation, message] of cases) {
    const error = workerExitError({ ...exit, violation }, true);
    const loss = judgeLoss(running, error, OPTIONS);
    assertEquals(loss.kind === "failed" && loss.outcome.error, { name: "ProtocolError", message });
  }
});

Deno.test("judgeLoss() says what fails in a broken worker, and nothing that is for callers of the library", () => {
  const cases: [error: Error, what: string][] = [
    [
      new EncodingError("Cannot send what the task returned: $: an instance of Promise; await it, see there", "$"),
      "EncodingError: the results cannot be sent",
    ],
    [new TypeError("then is not a function, see http"), "TypeError: then is not a function, see http"],
  ];
  for (const [error, what] of cases) {
    const loss = judgeLoss(running, error, OPTIONS);
    assertEquals(loss.kind === "failed" && loss.outcome.error, {
      name: "WorkerExitError",
      message: `the function broke its worker, where corral fails now: ${what}`,
    });
  }
});
