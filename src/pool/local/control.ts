import { monotonicMs } from "../../timer.ts";
import type { BackendControl } from "../backend.ts";
import type { Scheduler } from "../scheduling/scheduler.ts";
import type { TaskRecord } from "./task_record.ts";
import type { WorkerSet } from "./worker_set.ts";

/** What an operator can do to the workers on this machine. `onTurn` is told when deadlines may have changed. */
export function localControl(scheduler: Scheduler<TaskRecord>, workers: WorkerSet, onTurn: () => void): BackendControl {
  const act = (change: (now: number) => void): void => {
    change(monotonicMs());
    onTurn();
  };
  return {
    get paused() {
      return scheduler.paused;
    },
    get size() {
      return scheduler.size;
    },
    pause: () => act((now) => scheduler.setPaused(true, now)),
    resume: () => act((now) => scheduler.setPaused(false, now)),
    resize: (wanted) => act((now) => scheduler.resize(Math.max(1, wanted), now)),
    kill: (workerId) => workers.killOne(workerId),
  };
}
