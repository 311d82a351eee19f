import { monotonicMs, traceClockMs } from "../../timer.ts";
import {
  findOpenTelemetry,
  KIND,
  type OpenTelemetry,
  type OtelMeter,
  type OtelTracer,
} from "../../tracing/open_telemetry.ts";
import { TaskSpan } from "../../tracing/task_span.ts";
import type { Attributes, SpanReport } from "../../wire/span_report.ts";
import type { WorkerEnd, WorkerIdentity } from "../backend.ts";
import type { ObservedJob, ObservedTask, PlannedTask, PoolObserver } from "./observer.ts";

/**
 * Tells OpenTelemetry of a pool: a span for each call, `map` and `imap`, and metrics.
 *
 * Each call is a span below the one that was active when it was made; the chunks of a `map` or `imap` lie below its span, and
 * are linked to it. See `docs/decisions/observing.md`.
 */
export class TracingObserver implements PoolObserver {
  readonly #api: OpenTelemetry;
  /** Spans of tasks that are about to be submitted, by their trace. */
  readonly #planned = new Map<string, TaskSpan>();
  readonly #tasks = new Map<number, TaskSpan>();
  readonly #jobs = new Map<ObservedJob, TaskSpan>();
  readonly #metrics: Metrics | undefined;

  /** An observer, if somebody in this program wants traces or metrics. */
  static find(): TracingObserver | undefined {
    const api = findOpenTelemetry();
    return api === undefined ? undefined : new TracingObserver(api);
  }

  private constructor(api: OpenTelemetry) {
    this.#api = api;
    this.#metrics = api.meter === undefined ? undefined : Metrics.of(api.meter);
  }

  context({ name, items, job }: PlannedTask): string | undefined {
    const { tracer } = this.#api;
    if (tracer === undefined) return undefined;
    const span = this.#open(tracer, name, items, job);
    this.#planned.set(span.traceparent, span);
    return span.traceparent;
  }

  jobBegun(job: ObservedJob): void {
    const { tracer } = this.#api;
    if (tracer === undefined) return;
    const attributes = { "code.function.name": job.name, "corral.call": job.kind };
    this.#jobs.set(job, new TaskSpan(tracer, this.#api.active(), job.name, { kind: KIND.internal, attributes }));
  }

  jobEnded(job: ObservedJob, error: unknown, failed: boolean): void {
    const span = this.#jobs.get(job);
    if (failed) span?.fail(error);
    span?.end(traceClockMs());
    this.#jobs.delete(job);
  }

  submitted({ id, trace, byteLength }: ObservedTask): void {
    const span = this.#planned.get(trace ?? "");
    if (span === undefined) return;
    this.#planned.delete(span.traceparent);
    this.#tasks.set(id, span);
    span.describe({ "corral.task.id": id, "messaging.message.body.size": byteLength });
  }

  begun(task: ObservedTask): void {
    const { id, worker, attempt } = task;
    const place: Attributes = worker === undefined
      ? {}
      : { "process.pid": worker.pid, "corral.worker.id": worker.workerId };
    const waitedMs = monotonicMs() - waitsSince(task);
    this.#tasks.get(id)?.event("begun", { attempt, "queue.ms": waitedMs, ...place }, traceClockMs());
  }

  returned({ id }: ObservedTask): void {
    this.#tasks.get(id)?.event("returned", {}, traceClockMs());
  }

  retried({ id, attempt }: ObservedTask, error: Error): void {
    const attributes = { attempt, "exception.type": error.name, "exception.message": error.message };
    this.#tasks.get(id)?.event("retry", attributes, traceClockMs());
    this.#metrics?.retried();
  }

  span({ id }: ObservedTask, report: SpanReport): void {
    this.#tasks.get(id)?.report(report);
  }

  settled(task: ObservedTask): void {
    const span = this.#tasks.get(task.id);
    this.#tasks.delete(task.id);
    this.#metrics?.settled(task);
    if (span === undefined) return;
    const { outcome, durationMs, attempt } = task;
    span.describe({
      "corral.outcome": outcome!,
      "corral.attempts": attempt,
      ...(durationMs === undefined ? {} : { "corral.run.ms": durationMs }),
    });
    if (outcome === "worker" || outcome === "timeout") {
      span.event(outcome === "worker" ? "crash" : "timeout", {}, traceClockMs());
    }
    if (outcome !== "completed") span.fail(task.error);
    span.end(traceClockMs());
  }

  workerSpawned(worker: WorkerIdentity): void {
    this.#metrics?.spawned(worker);
  }

  workerEnded(worker: WorkerIdentity, { expected }: WorkerEnd): void {
    this.#metrics?.ended(worker, expected);
  }

  workerBusy(worker: WorkerIdentity): void {
    this.#metrics?.busy(worker);
  }

  workerIdle(worker: WorkerIdentity): void {
    this.#metrics?.idle(worker);
  }

  #open(tracer: OtelTracer, name: string, items: number | undefined, job: ObservedJob | undefined): TaskSpan {
    const around = job === undefined ? undefined : this.#jobs.get(job);
    const attributes = { "code.function.name": name, ...(items === undefined ? {} : { "corral.chunk.items": items }) };
    const links = around === undefined ? [] : [around.spanContext];
    return new TaskSpan(tracer, around?.context ?? this.#api.active(), name, {
      kind: KIND.internal,
      attributes,
      links,
    });
  }
}

/** Since when it waits for its last try: what those before took is no waiting. */
function waitsSince({ attempt, submittedAt, waitingSince }: ObservedTask): number {
  return attempt === 1 ? submittedAt : waitingSince;
}

// What is measured when somebody asks is asked for as long as the program runs: pools come and go.
const allMetrics = new WeakMap<OtelMeter, Metrics>();

/** What is counted and measured, of all pools of the program. Names follow OpenTelemetry: dots, units apart. */
class Metrics {
  readonly #tasks;
  readonly #queueTime;
  readonly #runTime;
  readonly #bytes;
  readonly #retries;
  readonly #workers;
  readonly #busy;
  readonly #lost;
  /** The workers of this machine that live, by their process. */
  readonly #living = new Map<number, number>();
  /** Those that have a task: one that dies with it is never told to be idle. */
  readonly #working = new Set<WorkerIdentity>();

  /** Those of a meter: the same ones whenever they are asked for. */
  static of(meter: OtelMeter): Metrics {
    let metrics = allMetrics.get(meter);
    if (metrics === undefined) allMetrics.set(meter, metrics = new Metrics(meter));
    return metrics;
  }

  private constructor(meter: OtelMeter) {
    this.#tasks = meter.createCounter("corral.tasks", {
      description: "Tasks that have settled, by outcome",
      unit: "{task}",
    });
    this.#queueTime = meter.createHistogram("corral.task.queue_time", {
      description: "From submission, or the end of the try before, until a worker has it",
      unit: "ms",
    });
    this.#runTime = meter.createHistogram("corral.task.run_time", {
      description: "As the worker measured it",
      unit: "ms",
    });
    this.#bytes = meter.createCounter("corral.task.input", { description: "Size of arguments", unit: "By" });
    this.#retries = meter.createCounter("corral.retries", {
      description: "Tries beyond each task's first",
      unit: "{try}",
    });
    this.#workers = meter.createUpDownCounter("corral.workers", {
      description: "Worker processes that live",
      unit: "{worker}",
    });
    this.#busy = meter.createUpDownCounter("corral.workers.busy", {
      description: "Those that have a task",
      unit: "{worker}",
    });
    this.#lost = meter.createCounter("corral.workers.lost", {
      description: "Those that ended unasked",
      unit: "{worker}",
    });
    const memory = { description: "Resident memory of each worker, where the program may run ps", unit: "By" };
    meter.createObservableGauge("corral.worker.memory", memory).addCallback(async (result) => {
      const { usageOf } = await import("../../dashboard/process_usage.ts");
      for (const [pid, { memoryMiB }] of await usageOf([...this.#living.keys()])) {
        result.observe(memoryMiB * 2 ** 20, { "corral.worker.id": this.#living.get(pid) ?? -1, "process.pid": pid });
      }
    });
  }

  settled(task: ObservedTask): void {
    const { name, outcome, sentAt = -Infinity, durationMs, byteLength } = task;
    const attributes = { "code.function.name": name };
    this.#tasks.add(1, { ...attributes, outcome: outcome! });
    this.#bytes.add(byteLength, attributes);
    const queuedMs = sentAt - waitsSince(task);
    if (queuedMs >= 0) this.#queueTime.record(queuedMs, attributes);
    if (durationMs !== undefined) this.#runTime.record(durationMs, attributes);
  }

  retried(): void {
    this.#retries.add(1);
  }

  spawned({ pid, workerId, agent }: WorkerIdentity): void {
    if (agent === undefined) this.#living.set(pid, workerId);
    this.#workers.add(1);
  }

  ended(worker: WorkerIdentity, expected: boolean): void {
    this.#living.delete(worker.pid);
    this.#workers.add(-1);
    this.idle(worker);
    if (!expected) this.#lost.add(1);
  }

  busy(worker: WorkerIdentity): void {
    this.#working.add(worker);
    this.#busy.add(1);
  }

  idle(worker: WorkerIdentity): void {
    if (this.#working.delete(worker)) this.#busy.add(-1);
  }
}
