// deno-lint-ignore-file no-console
/**
 * A backlog much longer than what a worker may do: one worker, one task for each process. It must not deadlock.
 *
 *     deno run --allow-run=deno bench/executor_backlog.ts [tasks, 10000]
 */
import { ProcessPoolExecutor } from "../mod.ts";

const tasks = Number(Deno.args[0] ?? 10_000);
const start = performance.now();
let done = 0;
let processes = 0;
{
  await using executor = new ProcessPoolExecutor({
    maxWorkers: 1,
    maxTasksPerChild: 1,
    onEvent: ({ type }) => {
      if (type === "spawn") processes++;
    },
  });
  const futures = Array.from({ length: tasks }, () => executor.submit(() => Deno.pid));
  for (const future of futures) {
    await future;
    if (++done % 1000 === 0) console.log(`${done} tasks after ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
}
const msPerTask = (performance.now() - start) / tasks;
console.log(`${done} tasks in ${processes} processes, ${msPerTask.toFixed(0)} ms each`);
if (done !== tasks || processes !== tasks) Deno.exit(1);
