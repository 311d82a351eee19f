/** The span of one task or process, and those that its worker reports. */
import type { Attributes, SpanReport } from "../wire/span_report.ts";
import {
  findOpenTelemetry,
  type OtelContext,
  type OtelSpan,
  type OtelTracer,
  type SpanContext,
  STATUS_ERROR,
  traceparentOf,
  withSpan,
} from "./open_telemetry.ts";

const MOST_CHARACTERS = 2 ** 20;

/** What a span begins with. */
export interface TaskSpanOptions {
  readonly kind: number;
  readonly attributes: Attributes;
  /** Other spans that have to do with it. */
  readonly links?: readonly SpanContext[];
}

/** Opens a span below the one of the code that runs now, if this program traces. */
export function openSpan(name: string, options: TaskSpanOptions): TaskSpan | undefined {
  const api = findOpenTelemetry();
  return api?.tracer === undefined ? undefined : new TaskSpan(api.tracer, api.active(), name, options);
}

/** A span that is open until what it stands for has ended. */
export class TaskSpan {
  /** What the worker continues. */
  readonly traceparent: string;
  readonly #tracer: OtelTracer;
  readonly #span: OtelSpan;
  readonly #context: OtelContext;
  readonly #reports: SpanReport[] = [];
  #room = MOST_CHARACTERS;

  constructor(
    tracer: OtelTracer,
    around: OtelContext,
    name: string,
    { kind, attributes, links = [] }: TaskSpanOptions,
  ) {
    this.#tracer = tracer;
    this.#span = tracer.startSpan(name, { kind, attributes, links: links.map((context) => ({ context })) }, around);
    this.#context = withSpan(around, this.#span);
    this.traceparent = traceparentOf(this.#span.spanContext());
  }

  /** The context of what belongs to this span. */
  get context(): OtelContext {
    return this.#context;
  }

  /** How other spans name this one. */
  get spanContext(): SpanContext {
    return this.#span.spanContext();
  }

  /** Something happened; `at` is in milliseconds since 1970. */
  event(name: string, attributes: Attributes, at: number): void {
    this.#span.addEvent(name, attributes, at);
  }

  /** Adds what became known. */
  describe(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  /** The worker reports a span below this one. Those beyond a megabyte of text are dropped: they are kept until this one ends. */
  report(report: SpanReport): void {
    if (this.#room < 0) return;
    this.#room -= JSON.stringify(report).length;
    if (this.#room >= 0) this.#reports.push(report);
  }

  /** What it stands for failed. Anything can be thrown, `undefined` too. */
  fail(error: unknown): void {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: textOf(error) };
    this.#span.setAttributes({ "error.type": name });
    this.#span.setStatus({ code: STATUS_ERROR, message });
  }

  /** Ends it; `at` is in milliseconds since 1970. */
  end(at: number): void {
    this.#replay(at);
    this.#span.end(at);
  }

  /** Makes the worker's spans here, from the outermost inwards: OpenTelemetry lets nobody choose the id of a span. */
  #replay(endedAt: number): void {
    const ids = new Set(this.#reports.map(({ id }) => id));
    // The one around may never have ended, when the worker died.
    const below = Map.groupBy(this.#reports, ({ parent }) => ids.has(parent) ? parent : "");
    const pending = [{ id: "", context: this.#context }];
    for (let around = pending.pop(); around !== undefined; around = pending.pop()) {
      const reports = below.get(around.id) ?? [];
      // A worker that says that spans lie in each other in a ring is not followed twice.
      below.delete(around.id);
      for (const report of reports) {
        pending.push({ id: report.id, context: this.#replayOne(report, around.context, endedAt) });
      }
    }
  }

  #replayOne(report: SpanReport, around: OtelContext, endedAt: number): OtelContext {
    const { name, kind, start: startTime, attributes, events, status } = report;
    const span = this.#tracer.startSpan(name, { kind, startTime, attributes }, around);
    for (const event of events) span.addEvent(event.name, event.attributes, event.at);
    if (status.code !== 0) span.setStatus(status);
    // Its clock may be a little ahead of this process, or lie.
    span.end(Math.max(startTime, Math.min(report.end, endedAt)));
    return withSpan(around, span);
  }
}

/** To write out an array, or a long bigint, could take years: a worker may have thrown anything. */
function textOf(thrown: unknown): string {
  return typeof thrown === "object" || typeof thrown === "bigint" ? `thrown: ${typeof thrown}` : String(thrown);
}
