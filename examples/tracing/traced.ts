/** The program that `main.ts` traces: a map over hours, in which the worker of one hour is killed, and tried again. */
import { Pool } from "@corral/multiprocessing";
import { task } from "@corral/multiprocessing/child";
import { trace } from "npm:@opentelemetry/api@1.9.0";

/** Works an hour; the first try of hour 3 ends with its worker. */
export function workHour(hour: number): number {
  return trace.getTracer("example").startActiveSpan("read the hour", (span) => {
    span.setAttribute("hour", hour);
    span.end();
    if (hour === 3 && task.attempt === 1) {
      Deno.kill(Deno.pid, "SIGKILL");
      while (true);
    }
    return hour * hour;
  });
}

if (import.meta.main) {
  await trace.getTracer("example").startActiveSpan("a day", async (day) => {
    await using pool = new Pool({ workers: 2, module: import.meta, retries: 1 });
    await pool.map(workHour, [1, 2, 3, 4], { chunkSize: 1 });
    day.end();
  });
}
