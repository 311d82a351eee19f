/**
 * OpenTelemetry, as far as it is used here, found without importing it.
 *
 * Every copy of `@opentelemetry/api` 1.x, and Deno itself when it runs with `OTEL_DENO=true`, puts its providers under one global symbol.
 */
import type { Attributes } from "../wire/span_report.ts";
import { VERSION } from "../wire/version.ts";

/** What names a span elsewhere. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** A span, which is exported when it ends. Times are milliseconds since 1970. */
export interface OtelSpan {
  spanContext(): SpanContext;
  isRecording(): boolean;
  setAttributes(attributes: Attributes): unknown;
  addEvent(name: string, attributes?: Attributes, time?: number): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(time?: number): void;
}

/** What is true for the code that runs now, such as its span. */
export interface OtelContext {
  setValue(key: symbol, value: unknown): OtelContext;
}

/** Options of a span. */
export interface SpanOptions {
  readonly kind?: number;
  readonly startTime?: number;
  readonly attributes?: Attributes;
  readonly links?: readonly { readonly context: SpanContext; readonly attributes?: Attributes }[];
}

/** Makes spans. */
export interface OtelTracer {
  startSpan(name: string, options: SpanOptions, context: OtelContext): OtelSpan;
}

/** Counts, or measures. */
export interface OtelInstrument {
  add(value: number, attributes?: Attributes): void;
  record(value: number, attributes?: Attributes): void;
}

/** Takes what is measured when somebody asks. */
export interface OtelObservable {
  addCallback(measure: (result: { observe(value: number, attributes?: Attributes): void }) => Promise<void>): void;
}

/** Makes instruments. */
export interface OtelMeter {
  createCounter(name: string, options: { description: string; unit: string }): OtelInstrument;
  createUpDownCounter(name: string, options: { description: string; unit: string }): OtelInstrument;
  createObservableGauge(name: string, options: { description: string; unit: string }): OtelObservable;
  createHistogram(name: string, options: { description: string; unit: string }): OtelInstrument;
}

interface MeterProvider {
  getMeter(name: string, version: string): OtelMeter;
}

interface Api {
  readonly trace?: { getTracer(name: string, version: string): OtelTracer };
  readonly context?: { active(): OtelContext };
  readonly metrics?: MeterProvider;
}

const NAME = "@corral/multiprocessing";
const API_KEY = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** Span kinds and status codes, as OpenTelemetry numbers them. */
export const KIND = { internal: 0, client: 2, producer: 3 } as const;
/** The status code of a span that failed. */
export const STATUS_ERROR = 2;

/** OpenTelemetry in this program. */
export interface OpenTelemetry {
  readonly tracer: OtelTracer | undefined;
  readonly meter: OtelMeter | undefined;
  /** The context of the code that runs now. */
  active(): OtelContext;
}

/** What is registered in this program; `undefined` when nothing is, which is the usual case and costs one look. */
export function findOpenTelemetry(): OpenTelemetry | undefined {
  const api = (globalThis as Record<symbol, unknown>)[API_KEY] as Api | undefined;
  if (api === undefined) return undefined;
  const tracer = api.trace?.getTracer(NAME, VERSION);
  const meter = meterOf(api.metrics);
  if (tracer === undefined && meter === undefined) return undefined;
  return { tracer, meter, active: () => api.context?.active() ?? NO_CONTEXT };
}

// A provider may make another one each time; who makes instruments wants to know whether it has made them.
const meters = new WeakMap<MeterProvider, OtelMeter>();

/** The meter of a provider: the same one whenever it is asked for. */
function meterOf(provider: MeterProvider | undefined): OtelMeter | undefined {
  if (provider === undefined) return undefined;
  let meter = meters.get(provider);
  if (meter === undefined) meters.set(provider, meter = provider.getMeter(NAME, VERSION));
  return meter;
}

/** A context in which `span` is the one around. */
export function withSpan(context: OtelContext, span: OtelSpan): OtelContext {
  return context.setValue(SPAN_KEY, span);
}

/** The name of a span, as the W3C header `traceparent` has it. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

// Without a context manager there are no contexts; the API's own root context looks like this.
const NO_CONTEXT: OtelContext = emptyContext(new Map());

function emptyContext(values: ReadonlyMap<symbol, unknown>): OtelContext & { getValue(key: symbol): unknown } {
  return {
    getValue: (key: symbol) => values.get(key),
    setValue: (key: symbol, value: unknown) => emptyContext(new Map(values).set(key, value)),
  };
}
