// deno-lint-ignore-file no-console
/**
 * Works for minutes on three agents while they and Redis are killed, frozen and restarted at random, by a seed.
 *
 *     deno task soak:cluster [--minutes 10] [--seed 1]
 *
 * Each index must settle once with the value of a serial run, and the memory of client, agents and Redis must be back at the end.
 */
import { Pool } from "@corral/multiprocessing";
import { Redis } from "ioredis";
import { Cluster } from "../mod.ts";
import { AgentProcess } from "../tests/helpers/agent_process.ts";
import { RedisServer } from "../tests/helpers/redis_server.ts";
import { SECRET } from "../tests/helpers/secret.ts";
import { Faults } from "./faults.ts";
import { digest } from "./tasks.ts";

const MIB = 2 ** 20;
/** Each start is lost with some chance, again and again: with enough retries none is in the end. */
const RETRIES = 100;
/** An agent's memory grows to twice its first size with its first 10 000 tasks, whatever they are, and stays: only beyond that is growth a leak. */
const WARM_UP = 30_000;
const MOST_GROWTH_MIB = 32;

const minutes = numberFlag("minutes", 10);
const seed = numberFlag("seed", 1);
const module = import.meta.resolve("./tasks.ts");
await using redis = await RedisServer.start();
const startAgent = (name: string): Promise<AgentProcess> =>
  AgentProcess.start(redis.url, { name, jobs: 1, lock: "2s", module, flags: ["--lease", "3s"] });
const agents = await Promise.all(["a", "b", "c"].map(startAgent));
try {
  const failures = await soak();
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) Deno.exitCode = 1;
  else console.log("As it should be");
} finally {
  await Promise.all(agents.map((agent) => agent[Symbol.asyncDispose]()));
}

async function soak(): Promise<string[]> {
  await using cluster = new Cluster({ redis: redis.url, secret: SECRET, agentTimeoutMs: 120_000 });
  await using pool = new Pool({ backend: cluster, module });
  await pool.ready();
  await pool.map("same", Array.from({ length: WARM_UP }, (_, index) => index), { chunkSize: 1, retries: RETRIES });
  const before = await memory();
  const until = performance.now() + minutes * 60_000;
  const faults = new Faults({ redis, agents, startAgent, random: mulberry32(seed) });
  const wrong: string[] = [];
  let settled = 0;
  let shown = performance.now();
  for await (const value of pool.imap("digest", indices(until), { retries: RETRIES, bufferSize: 64 })) {
    if (value !== digest(settled)) wrong.push(`index ${settled} gave ${value}, ${digest(settled)} is right`);
    settled++;
    if (performance.now() - shown < 15_000) continue;
    shown = performance.now();
    console.log(`${settled} settled, ${JSON.stringify(faults.counts)}, tried again ${pool.stats().retried}`);
  }
  await faults.stop();
  const { submitted, completed, failed, cancelled, retried } = pool.stats();
  console.log(
    `${settled} settled in ${minutes} min with seed ${seed}; ${JSON.stringify(faults.counts)}; ${retried} tried again`,
  );
  if (submitted !== completed || failed + cancelled > 0) {
    wrong.push(`${submitted} were submitted, ${completed} completed`);
  }
  const after = await memory();
  for (const [who, mib] of Object.entries(after)) {
    console.log(`Memory of ${who}: ${before[who]!.toFixed(1)} MiB before, ${mib.toFixed(1)} MiB after`);
    if (mib - before[who]! > MOST_GROWTH_MIB) {
      wrong.push(`the memory of ${who} grew by ${(mib - before[who]!).toFixed(1)} MiB`);
    }
  }
  return wrong;
}

function* indices(until: number): Generator<number> {
  for (let index = 0; performance.now() < until; index++) yield index;
}

/** In MiB: what this program holds on its heap, what the largest agent has resident, and what Redis says it uses. */
async function memory(): Promise<Record<string, number>> {
  const raw = new Redis(redis.url);
  const used = Number(/used_memory:(\d+)/.exec(await raw.info("memory"))![1]);
  raw.disconnect();
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "rss=", "-p", agents.map(({ pid }) => pid).join(",")],
  }).output();
  const resident = new TextDecoder().decode(stdout).trim().split(/\s+/).map((kib) => Number(kib) / 1024);
  (globalThis as { gc?: () => void }).gc!();
  return { client: Deno.memoryUsage().heapUsed / MIB, "the largest agent": Math.max(...resident), Redis: used / MIB };
}

function numberFlag(name: string, fallback: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(Deno.args[at + 1]);
  if (value > 0) return value;
  console.error(`Cannot use ${Deno.args[at + 1]} as --${name}: a number above 0 is wanted`);
  Deno.exit(2);
}

/** A small generator of numbers, the same for the same seed. */
function mulberry32(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
  };
}
