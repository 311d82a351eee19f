// Unit.
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { installTracing } from "../../src/child/life.ts";
import { tracedFetch } from "../../src/child/tracing/fetch.ts";
import { Span, type TimeInput } from "../../src/child/tracing/span.ts";
import { traceClockMs } from "../../src/timer.ts";
import { readChildMessage, writeSpan } from "../../src/wire/messages/to_parent.ts";
import type { SpanReport } from "../../src/wire/span_report.ts";
import { MemoryParent, SETTINGS } from "../helpers/simulated/memory_parent.ts";

/** What a parent takes as the text of one message. */
const MAX_TEXT_BYTES = 256 * 1024;
const CONTEXT = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
const NO_TIME = new Date(NaN);

/** What a parent reads of a span that was used so. Throws where it would end the worker. */
function reported(
  use: (span: Span) => void,
  { kind = 0, startTime }: { kind?: number; startTime?: TimeInput } = {},
): SpanReport {
  let message: unknown[] = [];
  const start = { name: "work", kind, context: CONTEXT, parent: "", startTime, attributes: undefined };
  const span = new Span(start, (report) => {
    const text = writeSpan(1, report);
    assert(new TextEncoder().encode(text).length <= MAX_TEXT_BYTES, `${text.length} characters`);
    message = readChildMessage(text, []);
  });
  use(span);
  span.end();
  return message[2] as SpanReport;
}

Deno.test("Span.end() reports invalid times as now, and no invalid kind or status code", () => {
  const before = traceClockMs();
  const { start, end, kind, events, status } = reported((span) => {
    span.addEvent("happened", NO_TIME).setStatus({ code: "error" as never }).end(NO_TIME);
  }, { kind: 0.5, startTime: [NaN, 0] });
  for (const time of [start, end, events[0]!.at]) assert(before <= time && time <= traceClockMs());
  assertEquals([kind, status], [0, { code: 0 }]);
});

const MANY: Record<string, (span: Span) => void> = {
  "a long list": (span) => void span.setAttribute("many", Array.from({ length: 1_000_000 }, (_, n) => n)),
  "long texts": (span) => {
    for (let n = 0; n < 128; n++) span.setAttribute(`text ${n}`, "text ".repeat(1000));
  },
  "long names": (span) => {
    for (let n = 0; n < 128; n++) span.setAttribute(`${n}${"name ".repeat(100_000)}`, n);
  },
  "long texts of control characters": (span) => {
    for (let n = 0; n < 128; n++) span.updateName("\x00".repeat(5000)).setAttribute(`text ${n}`, "\x00".repeat(5000));
    span.setStatus({ code: 2, message: "\x00".repeat(5000) });
  },
  "long texts of commas": (span) => {
    for (let n = 0; n < 128; n++) span.updateName(",".repeat(5000)).setAttribute(`text ${n}`, ",".repeat(5000));
    span.setStatus({ code: 2, message: ",".repeat(5000) });
  },
  "long texts of other scripts": (span) => {
    for (let n = 0; n < 128; n++) span.setAttribute(`text ${n}`, "字".repeat(5000));
  },
  "errors with long stacks": (span) => {
    for (let n = 0; n < 200; n++) span.recordException(Object.assign(new Error("m"), { stack: "at ".repeat(2000) }));
  },
};

for (const [what, use] of Object.entries(MANY)) {
  Deno.test(`Span.end() reports no more than fits a message, of ${what}`, () => {
    const { attributes } = reported((span) => {
      span.setAttribute("first", 1);
      use(span);
    });
    assertEquals(attributes.first, 1);
  });
}

Deno.test("Span.setAttributes() keeps 128, replaces those that it has, and gives back the room of what it replaces", () => {
  const { attributes } = reported((span) => {
    for (let n = 0; n < 200; n++) span.setAttribute(`n${n}`, n);
    for (let n = 0; n < 200; n++) span.setAttributes({ n0: `${n}`.repeat(1000), unknown: {} });
    const list = [1];
    span.setAttribute("n1", list);
    list.push(NaN);
  });
  assertEquals(Object.keys(attributes).length, 128);
  assertEquals([attributes.n0, attributes.n1, attributes.n2], ["199".repeat(1000), [1], 2]);
});

Deno.test("What has no text is reported, and thrown by fetch() as it is", async () => {
  const mute = Object.create(null);
  const { name, events, status } = reported((span) => {
    span.updateName(mute).setStatus({ code: 2, message: mute }).recordException(mute);
  });
  assertEquals([name, status.message, events[0]!.attributes["exception.message"]], ["object", "object", "object"]);
  let failed: SpanReport | undefined;
  const start = { name: "GET", kind: 2, context: CONTEXT, parent: "", startTime: undefined, attributes: undefined };
  const tracing = { traceparent: "00", startSpan: () => new Span(start, (report) => failed = report) };
  const fetch = tracedFetch(tracing, () => Promise.reject(mute));
  assert(await fetch("http://127.0.0.1/").catch((error) => error) === mute);
  assertEquals([failed!.attributes["error.type"], failed!.status.message], ["Error", "object"]);
});

Deno.test("A span that is larger than a message may be is lost, and nothing is thrown where it ends", async () => {
  const { fetch } = globalThis;
  try {
    const { surroundings, streams } = new MemoryParent(() => Promise.resolve({}));
    surroundings.parent.mark(SETTINGS.blockSecret);
    surroundings.parent.limitFrames(1024);
    const tracing = await installTracing(surroundings, { ...SETTINGS, traced: true });
    tracing!.run(1, `00-${"1".repeat(32)}-${"2".repeat(16)}-01`, () => {
      for (const size of [2000, 20]) {
        const span = tracing!.startSpan(`${size}`, { attributes: { text: "x".repeat(size) } });
        assertInstanceOf(span, Span);
        span.end();
      }
    });
    assertEquals(streams.written.all().map(([kind, , report]) => [kind, (report as SpanReport).name]), [[
      "span",
      "20",
    ]]);
  } finally {
    globalThis.fetch = fetch;
    Reflect.deleteProperty(globalThis, Symbol.for("opentelemetry.js.api.1"));
  }
});
