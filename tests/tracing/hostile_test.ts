// End-to-end tests, and a unit test, of spans that no exporter could take, from tasks that attack and from those that err, with the exporter of Deno itself.
import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../mod.ts";
import { readChildMessage, writeSpan } from "../../src/wire/messages/to_parent.ts";
import { OtlpReceiver } from "../helpers/servers/otlp_receiver.ts";
import { runProgram } from "../helpers/programs/program.ts";

const FORGE = import.meta.resolve("../fixtures/attacks/forge_frames.ts");
const FINE = {
  id: "0123456789abcdef",
  parent: "",
  name: "forged",
  kind: 0,
  start: 1,
  end: 2,
  attributes: {},
  events: [],
  status: { code: 0 },
};

/** What makes a report wrong. The first of them ended the program: Deno's exporter reckons with 64 bits. */
const WRONG = [
  { start: 1e300 },
  { start: -1e300 },
  { start: -1 },
  { start: 1e19 },
  { end: 1e19 },
  { end: -1 },
  { events: [{ name: "late", at: 1e19, attributes: {} }] },
  { events: [{ name: "early", at: -1, attributes: {} }] },
  { kind: 5 },
  { kind: -1 },
  { status: { code: 3 } },
];

async function runTraced(body: string): Promise<OtlpReceiver> {
  const receiver = new OtlpReceiver();
  const { code, stdout, stderr } = await runProgram(body, { env: receiver.env });
  await receiver[Symbol.asyncDispose]();
  assertEquals([code, stdout, stderr], [0, "done\n", ""]);
  return receiver;
}

Deno.test("readChildMessage() refuses a span that an exporter could not take", () => {
  assertEquals(readChildMessage(writeSpan(1, FINE), []), ["span", 1, FINE]);
  for (const wrong of WRONG) {
    assertThrows(() => readChildMessage(writeSpan(1, { ...FINE, ...wrong }), []), ProtocolError);
  }
});

Deno.test("A forged span that an exporter could not take ends its worker, and not the program", async () => {
  const texts = [WRONG[0], { kind: 5 }].map((wrong) =>
    JSON.stringify(["span", "$ID", { ...FINE, ...wrong }]).replace('"$ID"', "$ID")
  );
  const fine = JSON.stringify(["span", "$ID", FINE]).replace('"$ID"', "$ID");
  const { spans } = await runTraced(`
    await using pool = new Pool({ workers: 1, module: ${JSON.stringify(FORGE)} });
    for (const text of ${JSON.stringify(texts)}) {
      const error = await pool.apply("forge", [0, [text]], { timeoutMs: 20_000 }).catch((error) => error);
      if (!(error instanceof corral.ProtocolError)) throw new Error(text, { cause: error });
    }
    await pool.apply("forge", [0, [${JSON.stringify(fine)}]], { timeoutMs: 500 }).catch(() => {});
    console.log("done");`);
  assertEquals(spans.filter(({ name }) => name === "forged").length, 1);
});

Deno.test("A task that errs in what it says of a span has its result, and its span", async () => {
  const { spans } = await runTraced(`
    await using pool = new Pool({ workers: 1 });
    const trace = (name, options, time, status) => {
      const { trace } = globalThis[Symbol.for("opentelemetry.js.api.1")];
      const span = trace.getTracer("t").startSpan(name, options);
      span.addEvent("event", {}, time);
      span.setStatus({ code: status });
      span.end(time);
      return Deno.pid;
    };
    const pids = new Set();
    for (const time of [NaN, Infinity, -1, 1e300, [1e300, 0], [NaN, 1], "tomorrow", {}]) {
      pids.add(await pool.apply(trace, ["time", { startTime: time }, time, 0]));
    }
    pids.add(await pool.apply(trace, ["kind", { kind: 99 }, undefined, 99]));
    console.log(pids.size === 1 ? "done" : pids);`);
  const count = (name: string): number => spans.filter((span) => span.name === name).length;
  assertEquals([count("time"), count("kind")], [8, 1]);
});
