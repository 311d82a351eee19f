// End-to-end tests of traces through processes, against a real receiver.
import { assert, assertEquals } from "@std/assert";
import { OtlpReceiver } from "../helpers/servers/otlp_receiver.ts";

const FIXTURE = new URL("../fixtures/programs/traced_process.ts", import.meta.url).pathname;

Deno.test("A Process is a span below its caller's, and what its code traces hangs below that", async () => {
  await using receiver = new OtlpReceiver();
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-lock",
    `--allow-run=${Deno.execPath()}`,
    "--allow-net=127.0.0.1",
    "--allow-env=DENO_DIR",
    FIXTURE,
  ];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, env: receiver.env, stdin: "null" }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(code, 0);
  const program = receiver.span("in the program");
  const process = receiver.span("consume");
  const inner = receiver.span("in the process");
  assertEquals(process.parentSpanId, program.spanId);
  assertEquals(inner.parentSpanId, process.spanId);
  assertEquals(receiver.span("inside").parentSpanId, inner.spanId);
  assertEquals([inner.attributes.got, inner.events[0]?.name, inner.events[0]?.attributes.share], [42, "half way", 0.5]);
  assertEquals([process.attributes["process.exit.code"], process.status], [0, 0]);
  const request = receiver.spans.find((span) =>
    span.attributes["http.request.method"] === "GET" && span.parentSpanId === inner.spanId
  )!;
  assertEquals([request.name, request.attributes["http.response.status_code"]], ["GET", 200]);
  assert(process.startMs <= inner.startMs && inner.endMs <= process.endMs + 1, "a span is around what is inside");
  const failed = receiver.spans.find((span) => span.attributes["corral.process.name"] === "failing")!;
  assertEquals([failed.attributes["process.exit.code"], failed.status], [3, 2]);
  assertEquals(new Set(receiver.spans.map((span) => span.traceId)).size, 1, "all is one trace");
});
