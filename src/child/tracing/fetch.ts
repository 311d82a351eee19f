/** A span for each `fetch` of a task, with the names of OpenTelemetry's conventions for HTTP clients. */
import type { Attributes } from "../../wire/span_report.ts";
import { textOf } from "./report_room.ts";

/** What a traced `fetch` needs of the worker's tracing. */
export interface FetchTracing {
  /** The span that remote calls are to hang below; `undefined` outside of traced tasks. */
  readonly traceparent: string | undefined;
  startSpan(name: string, options: { kind: number; attributes: Attributes }): FetchSpan;
}

interface FetchSpan {
  setAttribute(name: string, value: unknown): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

const CLIENT = 2;
const ERROR = 2;

/** `fetch`, with a span around it, and the trace in a header unless the request has one. */
export function tracedFetch(tracing: FetchTracing, fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const traceparent = tracing.traceparent;
    if (traceparent === undefined) return await fetch(input, init);
    const request = new Request(input, init);
    const url = new URL(request.url);
    const span = tracing.startSpan(request.method, {
      kind: CLIENT,
      attributes: {
        "http.request.method": request.method,
        "url.full": withoutSecrets(url),
        "server.address": url.hostname,
        "server.port": Number(url.port || (url.protocol === "https:" ? 443 : 80)),
      },
    });
    if (!request.headers.has("traceparent")) request.headers.set("traceparent", traceparent);
    try {
      const response = await fetch(request);
      span.setAttribute("http.response.status_code", response.status);
      if (response.status >= 400) fail(span, String(response.status));
      return response;
    } catch (error) {
      fail(span, textOf(Object(error).name ?? "Error"), textOf(error));
      throw error;
    } finally {
      span.end();
    }
  };
}

function fail(span: FetchSpan, type: string, message?: string): void {
  span.setAttribute("error.type", type);
  span.setStatus({ code: ERROR, ...(message === undefined ? {} : { message }) });
}

/** As the conventions want it: a name and a password in an address stay where they are. */
function withoutSecrets(url: URL): string {
  const shown = new URL(url);
  if (shown.username !== "") shown.username = "REDACTED";
  if (shown.password !== "") shown.password = "REDACTED";
  return shown.href;
}
