// End-to-end tests of traces and metrics of a pool, against a real receiver.
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { runProgram } from "../helpers/programs/program.ts";
import { type ExportedSpan, OtlpReceiver } from "../helpers/servers/otlp_receiver.ts";

const FIXTURE = new URL("../fixtures/programs/traced_pool.ts", import.meta.url).pathname;

async function runTraced(receiver: OtlpReceiver): Promise<void> {
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-lock",
    `--allow-run=${Deno.execPath()},ps`,
    "--allow-env=DENO_DIR",
    FIXTURE,
  ];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { ...receiver.env, OTEL_METRIC_EXPORT_INTERVAL: "100" },
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(code, 0);
}

Deno.test("A pool's calls, maps and imaps are spans of their callers' trace, closed whatever dies, and counted", async () => {
  await using receiver = new OtlpReceiver();
  await runTraced(receiver);
  const { spans } = receiver;
  const named = (name: string): ExportedSpan[] => spans.filter((span) => span.name === name);
  const below = (parent: ExportedSpan, name: string): ExportedSpan[] =>
    named(name).filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  const program = receiver.span("program");
  assertEquals(new Set(spans.map(({ traceId }) => traceId)).size, 1);

  const [call] = below(receiver.span("caller"), "double");
  assertEquals(call!.attributes["corral.outcome"], "completed");
  assertEquals(below(call!, "user span")[0]!.attributes.n, 21);

  const map = below(program, "square").find((span) => span.attributes["corral.call"] === "map")!;
  const chunks = below(map, "square");
  assertEquals(chunks.map((span) => [span.attributes["corral.chunk.items"], span.links]), [[2, [map.spanId]], [2, [
    map.spanId,
  ]]]);

  const imap = below(program, "double").find((span) => span.attributes["corral.call"] === "imap")!;
  assertEquals(below(below(imap, "double")[0]!, "user span")[0]!.attributes.n, 1);

  const [failed] = below(program, "fail");
  assertEquals([failed!.status, failed!.attributes["error.type"], failed!.attributes["corral.outcome"]], [
    2,
    "RangeError",
    "task",
  ]);

  const thrown = spans.filter(({ name }) => name === "throwNothing").map(({ attributes, status }) => [
    attributes["corral.call"],
    status,
  ]);
  assertEquals(thrown.sort(), [[undefined, 2], [undefined, 2], ["imap", 2], ["map", 2]]);

  const [crashed] = below(program, "crash");
  assertEquals(crashed!.status, 2);
  assertEquals(crashed!.attributes["corral.outcome"], "worker");
  assertEquals(crashed!.events.map(({ name }) => name).filter((name) => name !== "begun"), ["retry", "crash"]);
  assertEquals(below(crashed!, "before the crash").length, 2, "what was reported before the worker died");

  const [slow] = below(program, "anonymous");
  assertEquals([slow!.attributes["corral.outcome"], slow!.events.at(-1)!.name], ["timeout", "timeout"]);

  for (const span of spans) assert(span.endMs >= span.startMs, span.name);
  // Points are sums so far, exported again and again: of each series the last one counts.
  const final = (metric: string, outcome?: string): number => {
    const series = new Map<string, number>();
    for (const point of receiver.points) {
      if (point.metric !== metric || (outcome !== undefined && point.attributes.outcome !== outcome)) continue;
      series.set(JSON.stringify(point.attributes), point.value);
    }
    return [...series.values()].reduce((sum, value) => sum + value, 0);
  };
  assert(receiver.points.some(({ metric, value }) => metric === "corral.worker.memory" && value > 2 ** 20));
  assertGreaterOrEqual(final("corral.tasks", "completed"), 4);
  assertEquals(["task", "worker", "timeout"].map((outcome) => final("corral.tasks", outcome)), [3, 1, 1]);
  const ends = ["corral.retries", "corral.workers", "corral.workers.busy", "corral.workers.lost"];
  assertEquals(ends.map((metric) => final(metric)), [1, 0, 0, 2]);
});

Deno.test("Pools that have ended leave no callback with the program's metrics", async () => {
  const { stdout } = await runProgram(`
    const asked = [];
    const instrument = { add() {}, record() {}, addCallback: (callback) => asked.push(callback) };
    const meter = new Proxy({}, { get: () => () => instrument });
    globalThis[Symbol.for("opentelemetry.js.api.1")] = { metrics: { getMeter: () => meter } };
    for (let count = 0; count < 3; count++) {
      await using pool = new Pool({ workers: 1 });
    }
    console.log(asked.length);
  `);
  assertEquals(stdout, "1\n");
});

Deno.test("The queue time of a task that was tried again leaves out what it ran before", async () => {
  const { stdout } = await runProgram(`
    const recorded = new Map();
    const instrument = (name) => ({ add() {}, record: (value) => recorded.set(name, value), addCallback() {} });
    const meter = new Proxy({}, { get: () => instrument });
    globalThis[Symbol.for("opentelemetry.js.api.1")] = { metrics: { getMeter: () => meter } };
    await using pool = new Pool({ workers: 1 });
    let [ran, sentAgain] = [0, 0];
    pool.observe({
      retried: (task) => ran = task.waitingSince - task.submittedAt,
      sent: (task) => sentAgain = task.sentAt - task.submittedAt,
    });
    await pool.apply(() => Deno.exit(3), [], { retries: 1 }).catch(() => {});
    console.log(ran > 0, Math.abs(recorded.get("corral.task.queue_time") + ran - sentAgain) < 1e-6);
  `);
  assertEquals(stdout, "true true\n");
});
