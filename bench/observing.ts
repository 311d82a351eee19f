// deno-lint-ignore-file no-console
/**
 * What it costs to be looked at: the same tasks with each kind of observer, in a program of its own each, beside none.
 *
 *     deno task bench:observing
 *
 * Tasks compute for a millisecond, and for nothing. Each figure is the median of several rounds, after one that does not count; rounds of all
 * kinds are taken in turn, so that a machine that changes its speed changes all alike.
 */
import { Pool } from "../mod.ts";
import { traceTo } from "../src/trace_file/mod.ts";

const KINDS = ["nothing", "onEvent", "observer", "traceTo", "dashboard", "OpenTelemetry"] as const;
type Kind = typeof KINDS[number];
const WORK = [{ name: "2000 tasks of 1 ms", count: 2000, ms: 1 }, {
  name: "20 000 tasks of nothing",
  count: 20_000,
  ms: 0,
}];
const ROUNDS = 5;

function compute(ms: number): void {
  if (ms > 0) { for (const end = performance.now() + ms; performance.now() < end;); }
}

/** One round in this process: milliseconds for each kind of work. */
async function measure(kind: Kind): Promise<number[]> {
  let seen = 0;
  await using pool = new Pool({ workers: 2, ...(kind === "onEvent" ? { onEvent: () => seen++ } : {}) });
  const path = kind === "traceTo" ? await Deno.makeTempFile() : undefined;
  using trace = path === undefined ? undefined : traceTo(path);
  if (trace !== undefined) pool.observe(trace);
  if (kind === "observer") pool.observe({ settled: () => seen++ });
  await using _dashboard = kind === "dashboard" ? await pool.serveDashboard() : undefined;
  await pool.ready();
  const times: number[] = [];
  for (const { count, ms } of WORK) {
    await pool.map(compute, Array(count / 10).fill(ms), { chunkSize: 1 });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: count }, () => pool.apply(compute, [ms])));
    times.push(performance.now() - startedAt);
  }
  if (path !== undefined) await Deno.remove(path);
  return times;
}

async function inProcess(kind: Kind, port: number): Promise<number[]> {
  const otel = {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  };
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "-A", new URL(import.meta.url).pathname, kind],
    env: kind === "OpenTelemetry" ? otel : {},
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot measure ${kind}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

const [kind] = Deno.args;
if (kind !== undefined) console.log(JSON.stringify(await measure(kind as Kind)));
else {
  const collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    await request.body?.cancel();
    return Response.json({});
  });
  const samples = new Map<Kind, number[][]>(KINDS.map((one) => [one, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of KINDS) samples.get(one)!.push(await inProcess(one, collector.addr.port));
  }
  await collector.shutdown();
  for (const [index, { name }] of WORK.entries()) {
    const base = median(samples.get("nothing")!.map((times) => times[index]!));
    console.log(name);
    for (const one of KINDS) {
      const ms = median(samples.get(one)!.map((times) => times[index]!));
      console.log(`  ${one.padEnd(14)}${ms.toFixed(0).padStart(7)} ms  ${(ms / base).toFixed(2)} ×`);
    }
  }
}
