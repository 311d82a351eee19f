/** A span that a worker's code makes. When it ends, it is reported to the parent. */
import { epochMs, TIME_ORIGIN_MS, traceClockMs } from "../../timer.ts";
import { isSpanKind, isSpanTime, isStatusCode, type SpanReport } from "../../wire/span_report.ts";
import { cut, noAttributes, type OpenAttributes, ReportRoom, textOf } from "./report_room.ts";

/** A time as `@opentelemetry/api` takes it: a Date, milliseconds since 1970 or since the program's start, or seconds and nanoseconds. */
export type TimeInput = Date | number | readonly [seconds: number, nanoseconds: number];

/** The name of a span elsewhere. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean;
}

/** What a span begins with. */
export interface SpanStart {
  readonly name: string;
  readonly kind: number;
  readonly context: SpanContext;
  /** The span around it in this worker, or "". */
  readonly parent: string;
  readonly startTime: TimeInput | undefined;
  readonly attributes: unknown;
}

const MOST_EVENTS = 128;
/** The kind of a span that has to do with no other process. */
export const INTERNAL = 0;

/** The `Span` of `@opentelemetry/api`. Whatever user code gives it, what it reports is a report to the parent: another would cost the worker its life. */
export class Span {
  readonly #context: SpanContext;
  readonly #parent: string;
  readonly #kind: number;
  readonly #start: number;
  readonly #report: (report: SpanReport) => void;
  readonly #room = new ReportRoom();
  readonly #attributes: OpenAttributes = noAttributes();
  readonly #events: SpanReport["events"][number][] = [];
  #name: string;
  #status: SpanReport["status"] = { code: 0 };
  #ended = false;

  constructor({ name, kind, context, parent, startTime, attributes }: SpanStart, report: (report: SpanReport) => void) {
    this.#name = name;
    this.#kind = isSpanKind(kind) ? kind : INTERNAL;
    this.#context = context;
    this.#parent = parent;
    this.#start = timeOf(startTime);
    this.#report = report;
    this.setAttributes(attributes);
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  isRecording(): boolean {
    return !this.#ended;
  }

  setAttribute(name: string, value: unknown): this {
    return this.setAttributes({ [name]: value });
  }

  setAttributes(attributes: unknown): this {
    if (!this.#ended) this.#room.assign(this.#attributes, attributes);
    return this;
  }

  addEvent(name: string, attributesOrTime?: unknown, time?: TimeInput): this {
    const isTime = attributesOrTime instanceof Date || typeof attributesOrTime === "number" ||
      Array.isArray(attributesOrTime);
    if (this.#ended || this.#events.length >= MOST_EVENTS) return this;
    const at = timeOf(isTime ? attributesOrTime as TimeInput : time);
    const event = { name: cut(name), at, attributes: noAttributes() };
    if (!this.#room.take(event)) return this;
    if (!isTime) this.#room.assign(event.attributes, attributesOrTime);
    this.#events.push(event);
    return this;
  }

  /** Links are not passed on. */
  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus({ code, message }: SpanReport["status"]): this {
    if (this.#ended || !isStatusCode(code)) return this;
    this.#status = { code, ...(message === undefined ? {} : { message: cut(message) }) };
    return this;
  }

  updateName(name: string): this {
    if (!this.#ended) this.#name = name;
    return this;
  }

  recordException(error: unknown, time?: TimeInput): void {
    const { name, message, stack } = Object(error) as Partial<Error>;
    const attributes = {
      "exception.type": name,
      "exception.message": message ?? textOf(error),
      "exception.stacktrace": stack,
    };
    this.addEvent("exception", attributes, time);
  }

  end(time?: TimeInput): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#report({
      id: this.#context.spanId,
      parent: this.#parent,
      name: cut(this.#name),
      kind: this.#kind,
      start: this.#start,
      end: timeOf(time),
      attributes: this.#attributes,
      events: this.#events,
      status: this.#status,
    });
  }
}

/** The time that is meant; now, if it cannot be exported. */
function timeOf(time: TimeInput | undefined): number {
  const ms = Array.isArray(time) ? time[0] * 1000 + time[1] / 1e6 : Number(time);
  if (!isSpanTime(ms)) return traceClockMs();
  if (Array.isArray(time)) return ms;
  // As in OpenTelemetry's own SDK: a small number comes from `performance.now()`.
  return ms < TIME_ORIGIN_MS && ms < epochMs() / 2 ? TIME_ORIGIN_MS + ms : ms;
}
