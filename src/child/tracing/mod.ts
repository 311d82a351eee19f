/**
 * OpenTelemetry in a worker: what user code finds when it uses `@opentelemetry/api`, and spans for `fetch`.
 *
 * Spans are reported to the parent, which exports them. An exporter in the worker would need a permission, and would be a way out
 * of the sandbox for whatever a task puts into a span; so there is none. Why: docs/decisions/observing.md.
 */
import { Context, ContextManager } from "./context.ts";
import { tracedFetch } from "./fetch.ts";
import { INTERNAL, Span, type SpanContext, type TimeInput } from "./span.ts";
import type { SpanReport } from "../../wire/span_report.ts";
import type { TaskScope } from "../tasks/task_loop.ts";

/** What `@opentelemetry/api` takes to be compatible with every 1.x. */
const API_VERSION = "1.999.999";
const API_KEY = Symbol.for("opentelemetry.js.api.1");
/** The key under which `@opentelemetry/api` keeps the span of a context. */
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");
const SAMPLED = 1;

interface SpanOptions {
  readonly kind?: number;
  readonly attributes?: unknown;
  readonly startTime?: TimeInput;
  readonly root?: boolean;
}

/** The tracing of this worker. */
export class WorkerTracing {
  readonly #contexts: ContextManager;
  readonly #report: (taskId: number, report: SpanReport) => void;

  /** `report` sends a span that has ended to the parent. */
  static async install(report: (taskId: number, report: SpanReport) => void): Promise<WorkerTracing> {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    const tracing = new WorkerTracing(new ContextManager(new AsyncLocalStorage<Context>()), report);
    const trace = { getTracer: () => tracing };
    const api = { version: API_VERSION, trace, context: tracing.#contexts, propagation: tracing };
    Object.defineProperty(globalThis, API_KEY, { value: api, configurable: true, writable: true });
    globalThis.fetch = tracedFetch(tracing, globalThis.fetch);
    return tracing;
  }

  private constructor(contexts: ContextManager, report: (taskId: number, report: SpanReport) => void) {
    this.#contexts = contexts;
    this.#report = report;
  }

  /** The same scope, in which the spans of each task hang below its own. */
  around({ run, ...others }: TaskScope): TaskScope {
    return {
      ...others,
      run: (task, body) => task.trace ? this.run(task.id, task.trace, () => run(task, body)) : run(task, body),
    };
  }

  /** Runs the code of a task: what it starts hangs below the span that `traceparent` names. */
  run<R>(taskId: number, traceparent: string, body: () => R): R {
    const task = parseTraceparent(traceparent);
    if (task === undefined) return body();
    const context = new Context().setValue(SPAN_KEY, new TaskSpan(task)).setValue(TASK_KEY, { taskId, task });
    return this.#contexts.with(context, body);
  }

  /** Starts a span below the one of the context. */
  startSpan(name: string, options: SpanOptions = {}, context: Context = this.#contexts.active()): Span | TaskSpan {
    const around = context.getValue(TASK_KEY) as TaskContext | undefined;
    if (around === undefined || (around.task.traceFlags & SAMPLED) === 0) return new TaskSpan(around?.task ?? NOWHERE);
    const { taskId, task } = around;
    const parent = options.root ? undefined : context.getValue(SPAN_KEY) as Span | TaskSpan | undefined;
    const start = {
      name,
      kind: options.kind ?? INTERNAL,
      context: { traceId: task.traceId, spanId: newSpanId(), traceFlags: task.traceFlags },
      parent: parent instanceof Span ? parent.spanContext().spanId : "",
      startTime: options.startTime,
      attributes: options.attributes,
    };
    return new Span(start, (report) => this.#report(taskId, report));
  }

  /** Starts a span and runs a function in its context. The function is the last argument. */
  startActiveSpan<R>(name: string, ...rest: unknown[]): R {
    const fn = rest.pop() as (span: Span | TaskSpan) => R;
    const [options, given] = rest as [SpanOptions?, Context?];
    const context = given ?? this.#contexts.active();
    const span = this.startSpan(name, options, context);
    return this.#contexts.with(context.setValue(SPAN_KEY, span), fn, undefined, span);
  }

  /** The span that remote calls are to hang below: the task's own, since the parent gives inner spans ids of its own. */
  get traceparent(): string | undefined {
    const around = this.#contexts.active().getValue(TASK_KEY) as TaskContext | undefined;
    return around === undefined ? undefined : formatTraceparent(around.task);
  }

  /** Propagation, for `@opentelemetry/api`. */
  inject(
    context: Context,
    carrier: unknown,
    setter: { set(carrier: unknown, key: string, value: string): void },
  ): void {
    const around = context.getValue(TASK_KEY) as TaskContext | undefined;
    if (around !== undefined) setter.set(carrier, "traceparent", formatTraceparent(around.task));
  }

  /** What came from elsewhere is not taken over: a worker's spans belong to its task. */
  extract(context: Context): Context {
    return context;
  }

  fields(): string[] {
    return ["traceparent"];
  }
}

interface TaskContext {
  readonly taskId: number;
  readonly task: SpanContext;
}

const TASK_KEY = Symbol("corral task");
const NOWHERE: SpanContext = { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 };

/** A span that is not this worker's: it has a name, and records nothing. */
class TaskSpan {
  readonly #context: SpanContext;

  constructor(context: SpanContext) {
    this.#context = context;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  isRecording(): boolean {
    return false;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  recordException(): void {}

  end(): void {}
}

function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text) ?? [];
  if (flags === undefined) return undefined;
  return { traceId: traceId!, spanId: spanId!, traceFlags: parseInt(flags, 16), isRemote: true };
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function newSpanId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return bytes.reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
}
