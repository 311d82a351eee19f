// deno-lint-ignore-file no-console
/**
 * Submits tasks that give a result, throw, exit, run out of time, are cancelled before they start, and are stopped while they
 * run, mixed as they come, and checks that every future has settled as it should and that no worker is left.
 *
 *     deno run --allow-run=deno --allow-read=. examples/executor/mixed_outcomes.ts [tasks, 1000]
 */
import {
  CancelledError,
  type Future,
  ProcessPoolExecutor,
  TaskTimeoutError,
  waitFutures,
  WorkerExitError,
} from "@corral/multiprocessing";

type Kind = "result" | "throw" | "exit" | "timeout" | "cancel" | "stop";
type Tasks = typeof import("./tasks.ts");

/** Of 20 tasks in a row. */
const MIX: readonly Kind[] = [
  ...Array<Kind>(8).fill("result"),
  ...Array<Kind>(5).fill("throw"),
  ...Array<Kind>(4).fill("cancel"),
  "exit",
  "timeout",
  "stop",
];

interface Submitted {
  readonly index: number;
  readonly kind: Kind;
  readonly future: Future<unknown>;
}

const enough = new Error("stopped on purpose");
const pids = new Set<number>();
const count = Number(Deno.args[0] ?? 1000);

{
  await using executor = new ProcessPoolExecutor<Tasks>({
    maxWorkers: 2,
    module: import.meta.resolve("./tasks.ts"),
    onEvent: (event) => {
      if (event.type === "spawn") pids.add(event.pid);
      if (event.type === "exit") pids.delete(event.pid);
    },
  });

  const submit = (kind: Kind, index: number): Future<unknown> => {
    switch (kind) {
      case "result":
        return executor.submit("double", index);
      case "throw":
        return executor.submit("fail", index);
      case "exit":
        return executor.submit("exit", 1 + index % 100);
      case "timeout":
        return executor.submitWith({ timeoutMs: 20 }, "workUntilStopped");
      case "cancel":
        return executor.submit("double", index);
      case "stop": {
        const controller = new AbortController();
        const future = executor.submitWith(
          { signal: controller.signal, onProgress: () => controller.abort(future.cancel() ? undefined : enough) },
          "workUntilStopped",
        );
        return future;
      }
    }
  };

  const submitted = Array.from({ length: count }, (_, index): Submitted => {
    // 7 has no divisor in common with 20: every kind is met, but never in blocks.
    const kind = MIX[index * 7 % MIX.length]!;
    return { index, kind, future: submit(kind, index) };
  });
  for (const { kind, future } of submitted) {
    if (kind === "cancel" && !future.cancel()) console.error("A task that had not started could not be cancelled");
  }

  const { notDone } = await waitFutures(submitted.map(({ future }) => future));
  const wrong: string[] = [];
  for (const one of submitted) {
    const outcome = await outcomeOf(one);
    if (outcome !== one.kind) wrong.push(`task ${one.index}, to ${one.kind}: ${outcome}`);
  }
  for (const [kind, some] of Map.groupBy(submitted, ({ kind }) => kind)) console.log(`${kind}: ${some.length}`);
  console.log(`${count - notDone.size} of ${count} futures settled, ${wrong.length} in the wrong state`);
  for (const line of wrong) console.error(line);
  if (wrong.length > 0 || notDone.size > 0) Deno.exitCode = 1;
}

console.log(`${pids.size} workers left`);
if (pids.size > 0) Deno.exitCode = 1;

/** What became of a task: its kind if that is as it should be, and a description otherwise. */
async function outcomeOf({ index, future }: Submitted): Promise<string> {
  const [value, error] = await future.result().then((value) => [value, undefined], (error) => [undefined, error]);
  const state = [future.done(), future.running(), future.cancel(), future.cancelled()].join();
  const isCancelled = state === "true,false,true,true";
  if (isCancelled && error instanceof CancelledError) return "cancel";
  if (isCancelled && error === enough) return "stop";
  if (state !== "true,false,false,false") return `its state is ${state}`;
  if (error === undefined) return value === index * 2 ? "result" : `it gave ${value}`;
  if (error instanceof TaskTimeoutError && error.timeoutMs === 20) return "timeout";
  if (error instanceof WorkerExitError && error.exitCode === 1 + index % 100 && error.taskStarted) return "exit";
  if (error instanceof RangeError && error.message === `task ${index} failed`) return "throw";
  return String(error);
}
