/** A receiver of OpenTelemetry's OTLP over HTTP with JSON, on the loopback interface: what a collector would get. */

/** A span as it was exported. */
export interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly links: readonly string[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
}

/** A number that was exported, with its attributes. */
export interface ExportedPoint {
  readonly metric: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

// deno-lint-ignore no-explicit-any
type Json = any;

/** Receives spans and metrics until it is disposed. */
export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ExportedSpan[] = [];
  readonly points: ExportedPoint[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const body = await request.json();
      if (request.url.endsWith("/v1/traces")) this.spans.push(...spansOf(body));
      if (request.url.endsWith("/v1/metrics")) this.points.push(...pointsOf(body));
      return Response.json({});
    });
  }

  /** What a program needs to export to here. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_DENO_CONSOLE: "ignore",
    };
  }

  /** The only span of this name. */
  span(name: string): ExportedSpan {
    const found = this.spans.filter((span) => span.name === name);
    if (found.length === 1) return found[0]!;
    throw new Error(`${found.length} spans named "${name}" among ${this.spans.map((span) => span.name).join(", ")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function spansOf(body: Json): ExportedSpan[] {
  const spans: Json[] = body.resourceSpans.flatMap((one: Json) => one.scopeSpans.flatMap((scope: Json) => scope.spans));
  return spans.map((span) => ({
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? "",
    name: span.name,
    kind: span.kind,
    startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
    endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
    attributes: attributesOf(span.attributes),
    events: (span.events ?? []).map((event: Json) => ({
      name: event.name,
      attributes: attributesOf(event.attributes),
    })),
    links: (span.links ?? []).map((link: Json) => link.spanId),
    status: span.status?.code ?? 0,
  }));
}

function pointsOf(body: Json): ExportedPoint[] {
  const metrics: Json[] = body.resourceMetrics.flatMap((one: Json) =>
    one.scopeMetrics.flatMap((scope: Json) => scope.metrics)
  );
  return metrics.flatMap(({ name, sum, gauge, histogram }) =>
    ((sum ?? gauge ?? histogram)?.dataPoints ?? []).map((point: Json) => ({
      metric: name,
      value: Number(point.asInt ?? point.asDouble ?? point.count),
      attributes: attributesOf(point.attributes),
    }))
  );
}

function attributesOf(list: Json): Record<string, unknown> {
  return Object.fromEntries((list ?? []).map(({ key, value }: Json) => [key, valueOf(value)]));
}

function valueOf(value: Json): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(valueOf);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}
