// deno-lint-ignore-file no-console
/**
 * Traces across processes: a program with a pool exports its spans to a collector, one worker is killed in mid-run, and every span is
 * closed all the same. The collector is a few lines in this file; in real life it is Jaeger, Tempo or a service.
 *
 *     deno run --allow-run=deno --allow-net=127.0.0.1 examples/tracing/main.ts
 *
 * The program that is traced is `traced.ts`; it is run with `OTEL_DENO=true` and the collector's address, and knows nothing else of it.
 */

interface Span {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number };
  readonly events?: readonly { readonly name: string }[];
}

const spans: Span[] = [];
const collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
  const body = await request.json();
  for (const { scopeSpans } of body.resourceSpans ?? []) for (const scope of scopeSpans) spans.push(...scope.spans);
  return Response.json({});
});

const { code } = await new Deno.Command("deno", {
  args: [
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-run=deno",
    "--allow-read=.",
    // Workers find the package in the folder where this program found it.
    "--allow-env=DENO_DIR,HOME,XDG_CACHE_HOME",
    new URL("traced.ts", import.meta.url).pathname,
  ],
  env: {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
  },
}).output();
await collector.shutdown();

/** Prints a span and what hangs below it. Spans that look alike are counted. */
function print(parent: string, indent: string): void {
  const below = spans.filter(({ parentSpanId = "" }) => parentSpanId === parent);
  for (const [title, group] of Map.groupBy(below, titleOf)) {
    console.log(`${indent}${title}${group.length > 1 ? ` × ${group.length}` : ""}`);
    print(group[0]!.spanId, `${indent}  `);
  }
}

function titleOf({ name, status, events = [] }: Span): string {
  const happened = events.map((event) => event.name).filter((event) => ["retry", "crash", "timeout"].includes(event));
  return [name, ...(status?.code === 2 ? ["(failed)"] : []), ...happened].join(" ");
}

print("", "");
const open = spans.filter(({ startTimeUnixNano, endTimeUnixNano }) =>
  BigInt(endTimeUnixNano) < BigInt(startTimeUnixNano)
);
console.log(`exit code ${code}, ${open.length} spans not closed`);
