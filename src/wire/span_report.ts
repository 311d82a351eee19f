/** A span of a trace, as a worker reports it to its parent, which exports it. */

/** What OpenTelemetry allows as the value of an attribute. */
export type AttributeValue = string | number | boolean | readonly (string | number | boolean | null)[];

/** Attributes by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A span that has ended. Times are milliseconds since 1970. */
export interface SpanReport {
  /** As the worker calls it: 16 hexadecimal digits. */
  readonly id: string;
  /** The span around it in the same worker, or "" when that is the task itself. */
  readonly parent: string;
  /** What it is called. */
  readonly name: string;
  /** OpenTelemetry's `SpanKind`: 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number;
  /** When it began. */
  readonly start: number;
  /** When it ended. */
  readonly end: number;
  /** What describes it. */
  readonly attributes: Attributes;
  /** What happened in it. */
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Attributes }[];
  /** OpenTelemetry's `SpanStatusCode` (0 unset, 1 ok, 2 error), and a message. */
  readonly status: { readonly code: number; readonly message?: string };
}

/** In the year 2255. Exporters count nanoseconds in 64 bits; Deno's own ends the whole program with a panic where that overflows. */
const LAST_MS = 9e12;
const LAST_KIND = 4;
const LAST_STATUS = 2;

/** Checks what a worker calls a report. It trusts nothing; what an exporter would choke on is refused. */
export function isSpanReport(value: unknown): value is SpanReport {
  if (typeof value !== "object" || value === null) return false;
  const { id, parent, name, kind, start, end, attributes, events, status } = value as Partial<SpanReport>;
  return isSpanId(id) && (parent === "" || isSpanId(parent)) && typeof name === "string" &&
    isSpanKind(kind) && isSpanTime(start) && isSpanTime(end) && isAttributes(attributes) && Array.isArray(events) &&
    events.every(isEvent) &&
    isStatus(status);
}

function isSpanId(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{16}$/.test(value);
}

function isEvent(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { name, at, attributes } = value as { name?: unknown; at?: unknown; attributes?: unknown };
  return typeof name === "string" && isSpanTime(at) && isAttributes(attributes);
}

function isStatus(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { code, message } = value as { code?: unknown; message?: unknown };
  return isStatusCode(code) && (message === undefined || typeof message === "string");
}

/** Whether a value may be a time. */
export function isSpanTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= LAST_MS;
}

/** Whether a value may be a span's kind. */
export function isSpanKind(value: unknown): value is number {
  return isCode(value, LAST_KIND);
}

/** Whether a value may be the code of a status. */
export function isStatusCode(value: unknown): value is number {
  return isCode(value, LAST_STATUS);
}

function isCode(value: unknown, last: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= last;
}

function isAttributes(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && Object.values(value).every(isAttributeValue);
}

/** Whether a value may be an attribute's. */
export function isAttributeValue(value: unknown): value is AttributeValue {
  if (Array.isArray(value)) return value.every((item) => item === null || isPrimitive(item));
  return isPrimitive(value);
}

function isPrimitive(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value));
}
