/** The live page of a pool: its observer, and what the page asks of it. */
import {
  type Dashboard,
  type DashboardOptions,
  LiveDashboard,
  type PoolSource,
  type Recorder,
  type Totals,
} from "../dashboard/mod.ts";
import { PoolClosedError } from "../errors.ts";
import { epochMs } from "../timer.ts";
import type { PoolEngine } from "./engine.ts";
import { grantsOf } from "./grants.ts";
import type { PoolStats } from "./types.ts";
import type { ObservedTask, PoolObserver, TaskPhase } from "./observing/observer.ts";

/** Serves the live page of a pool, until it is closed or the pool has ended. Throws what is wrong with the options, and when it has ended before. */
export function serveDashboard(engine: PoolEngine, options: DashboardOptions): Dashboard {
  if (engine.hasEnded) {
    throw new PoolClosedError(
      `Cannot serve a dashboard: ${engine.options.name} has ended, serve it before it is closed`,
    );
  }
  const source = sourceOf(engine);
  const dashboard = new LiveDashboard(source, options);
  const { recorder } = dashboard;
  for (const { workerId, pid } of source.workers()) recorder.spawned(workerId, pid);
  const stop = engine.observers.add(observerFor(recorder));
  void dashboard.closed.then(stop);
  void engine.backend.ended.then(() => dashboard.poolEnded());
  return dashboard;
}

function sourceOf(engine: PoolEngine): PoolSource {
  const { options, backend } = engine;
  return {
    name: options.name,
    grants: options.backend === undefined
      ? grantsOf(options.local)
      : [`Decided by the agents of ${options.backendName}`],
    totals: () => totalsOf(engine.stats()),
    workers: () => backend.workers(),
    control: backend.control,
  };
}

function totalsOf(stats: PoolStats): Totals {
  const { submitted, completed, failed, cancelled, retried, waiting, running, workersStarted, workersLost } = stats;
  return { submitted, completed, failed, cancelled, retried, waiting, running, workersStarted, workersLost };
}

function observerFor(recorder: Recorder): PoolObserver {
  return {
    workerSpawned: ({ workerId, pid }) => recorder.spawned(workerId, pid),
    workerOutput: ({ workerId }, _taskId, _stream, bytes) => recorder.printed(workerId, bytes),
    begun: ({ id, worker, name }) => worker && recorder.began(worker.workerId, id, name, epochMs()),
    settled: (task, _outcome, before) => settled(recorder, task, before),
  };
}

function settled(recorder: Recorder, task: ObservedTask, before: TaskPhase): void {
  const worker = before === "waiting" ? undefined : task.worker?.workerId;
  // It is counted apart, and no failure.
  if (task.outcome === "cancelled") return recorder.left(worker, task.id);
  const failure = task.outcome === "completed" ? undefined : { error: task.error };
  recorder.ended(worker, task.id, task.durationMs, failure, epochMs());
}
