// deno-lint-ignore-file no-console
/**
 * Measures a pool on agents beside BullMQ alone, on a Redis of its own on this machine; rounds alternate, medians are shown.
 *
 *     deno task bench:cluster [--rounds N]
 */
import { Pool } from "@corral/multiprocessing";
import { Cluster } from "@corral/cluster";
import { AgentProcess } from "../cluster/tests/helpers/agent_process.ts";
import { RedisServer } from "../cluster/tests/helpers/redis_server.ts";
import { SECRET } from "../cluster/tests/helpers/secret.ts";
import { RawClient } from "./cluster/raw_client.ts";

const BURST = 3000;
const CALLS = 200;
const NUMBERS = 200_000;
const MIB = 1024 * 1024;
/** Both sides run so many jobs at once, in one process. */
const LANES = 4;
/** For what has no counterpart: two agents with two workers each. */
const WIDE = "wide";

const rounds = Number(Deno.args[Deno.args.indexOf("--rounds") + 1] || 5);
const module = import.meta.resolve("./cluster/tasks.ts");
await using redis = await RedisServer.start();
const rawWorker = await startRawWorker(redis.url);
await using _agent = await AgentProcess.start(redis.url, {
  ...{ name: "a", jobs: 1, lock: "30s", module },
  flags: ["--concurrency", `${LANES}`],
});
const wide = { jobs: 2, lock: "30s", module, flags: ["--group", WIDE] };
await using _first = await AgentProcess.start(redis.url, { name: "b", ...wide });
await using _second = await AgentProcess.start(redis.url, { name: "c", ...wide });
const times = new Map<string, number[]>();
try {
  await using raw = new RawClient(redis.url, "raw");
  await using cluster = new Cluster({ redis: redis.url, secret: SECRET });
  await using pool = new Pool({ backend: cluster, module });
  await using wideCluster = new Cluster({ redis: redis.url, secret: SECRET, group: WIDE });
  await using widePool = new Pool({ backend: wideCluster, module });
  await Promise.all([raw.ready(), pool.ready(), widePool.ready()]);
  const large = crypto.getRandomValues(new Uint8Array(65_536));
  const argument = new Uint8Array(10 * MIB).map((_, index) => large[index % 65_536]!);
  for (let round = 0; round <= rounds; round++) {
    const isWarmUp = round === 0;
    await measure("raw burst", isWarmUp, BURST, () => raw.burst(BURST));
    await measure(
      "burst",
      isWarmUp,
      BURST,
      () => Promise.all(Array.from({ length: BURST }, (_, x) => pool.apply("same", [x]))),
    );
    await measure("raw call", isWarmUp, CALLS, () => inTurn(CALLS, () => raw.call()));
    await measure("call", isWarmUp, CALLS, () => inTurn(CALLS, () => pool.apply("same", [1])));
    await measure("map", isWarmUp, 1, () => widePool.map("same", Array.from({ length: NUMBERS }, (_, x) => x)));
    await measure("10 MiB again", isWarmUp, 1, () => widePool.apply("byteCount", [argument]));
  }
} finally {
  rawWorker.kill("SIGKILL");
  await rawWorker.status;
}

const of = (name: string): number => times.get(name)!.toSorted((a, b) => a - b)[rounds >> 1]!;
console.log(
  `\nMedians of ${rounds} rounds; jobs and calls: one process on each side, ${LANES} at once; map and argument: two agents with two workers; ${navigator.hardwareConcurrency} processors, load ${
    Deno.loadavg?.()[0]?.toFixed(1) ?? "?"
  }`,
);
console.log(`| what | BullMQ alone | corral on a cluster | |`);
console.log(`| --- | --- | --- | --- |`);
console.log(
  `| no-op jobs, all at once | ${perSecond(of("raw burst"))} | ${perSecond(of("burst"))} | ${
    (of("raw burst") / of("burst")).toFixed(2)
  } × |`,
);
console.log(
  `| one awaited call | ${of("raw call").toFixed(2)} ms | ${of("call").toFixed(2)} ms | ${
    (of("call") / of("raw call")).toFixed(2)
  } × the time |`,
);
console.log(`| map of ${NUMBERS} numbers | | ${of("map").toFixed(0)} ms | |`);
console.log(`| 10 MiB argument, again | | ${of("10 MiB again").toFixed(0)} ms | |`);

async function measure(name: string, isWarmUp: boolean, count: number, run: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await run();
  const ms = (performance.now() - start) / count;
  console.log(`${isWarmUp ? "warm-up " : ""}${name}: ${ms.toFixed(3)} ms`);
  if (!isWarmUp) times.set(name, [...times.get(name) ?? [], ms]);
}

async function inTurn(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await call();
}

function perSecond(ms: number): string {
  return `${Math.round(1000 / ms)} /s`;
}

async function startRawWorker(url: string): Promise<Deno.ChildProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--quiet", "--allow-net=127.0.0.1", "--ignore-env", "--allow-sys=hostname"],
      ...[new URL("./cluster/raw_worker.ts", import.meta.url).href, url, "raw", `${LANES}`],
    ],
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  return process;
}
