// deno-lint-ignore-file no-console
/**
 * Counts primes on three agents, one of which is killed in mid-run: nothing is lost, and nothing is counted twice.
 *
 *     deno task demo:cluster
 *     deno task demo:cluster --page     for half a minute, with a live page of the agents at work
 *
 * It starts a Redis and the agents itself, on this machine (`apt-get install redis-server`). On four machines the program is the part below
 * "The program itself"; the agents are started as `docs/cluster.md` says.
 */
import { Cluster } from "@corral/cluster";
import { Pool } from "@corral/multiprocessing";
import { startAgent, startRedis } from "./machines.ts";
import { countPrimes } from "./primes.ts";

const hasPage = Deno.args.includes("--page");
const RANGES = hasPage ? 88 : 60;
const SIZE = hasPage ? 400_000 : 60_000;

const folder = await Deno.makeTempDir({ prefix: "corral-cluster-" });
const secret = crypto.randomUUID();
await Deno.writeTextFile(`${folder}/cluster.key`, secret);
const redis = await startRedis(folder);
const names = ["amsterdam", "berlin", "cairo"];
const agents = await Promise.all(names.map((name) => startAgent(name, redis.url, `${folder}/cluster.key`)));
try {
  // The program itself.
  await using cluster = new Cluster({ redis: redis.url, secret, leaseMs: 3000 });
  await using pool = new Pool({ name: "primes", backend: cluster, module: import.meta.resolve("./primes.ts") });
  await pool.ready();
  for (const { name, lanes, modules } of await cluster.agents()) {
    console.log(`${name}: ${lanes} lane serves ${modules}`);
  }

  if (hasPage) console.log(`Open ${(await pool.serveDashboard()).url}`);

  const ranges = Array.from({ length: RANGES }, (_, index) => [index * SIZE, SIZE] as const);
  const counts: number[] = [];
  for await (const count of pool.imap(countPrimes, ranges, { retries: 2, bufferSize: 12 })) {
    counts.push(count);
    if (counts.length === RANGES / 4) {
      agents[1]!.kill("SIGKILL");
      console.log(`${counts.length} of ${RANGES} ranges are done; berlin is killed`);
    }
  }
  const primes = counts.reduce((sum, count) => sum + count, 0);
  console.log(`${primes} primes below ${RANGES * SIZE}, ${pool.stats().retried} task(s) tried again`);
  console.log(`Still there: ${(await cluster.agents()).map(({ name }) => name).sort().join(", ")}`);
} finally {
  for (const process of [...agents, redis.process]) {
    try {
      process.kill("SIGKILL");
    } catch {
      // It was killed before.
    }
    await process.status;
  }
  await Deno.remove(folder, { recursive: true });
}
