/** A pool under load for a while, with everything done to it at once; what must hold is checked at the end. */
import { Pool } from "../../mod.ts";
import { Dice } from "../helpers/simulated/dice.ts";
import { childrenOf, until } from "../helpers/programs/processes.ts";
import { Disturbance } from "./disturbance.ts";
import { Gauges, type Reading, reading } from "./gauges.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";

const WORKERS = 3;
const OPEN_CALLS = 1000;
const SETTLE_LIMIT_MS = 120_000;
const SUBMIT_BETWEEN_MS = 5;
/** The runtime opens two pairs of sockets more, once, at a time of its own. A leak would be two for each of many kills. */
const KEPT_DESCRIPTORS = 4;

/** What a soak saw. */
export interface SoakReport {
  readonly tasks: number;
  readonly kills: number;
  readonly stops: number;
  readonly blocks: number;
  /** What must not be: calls lost, tasks doubled, values wrong, processes left. */
  readonly faults: readonly string[];
  readonly before: Reading;
  readonly after: Reading;
  readonly worstDelayMs: number;
  /** How the calls of each kind ended. */
  readonly kinds: Readonly<Record<string, { made: number; succeeded: number; failed: number }>>;
}

/** Runs a soak. The seed decides what is done; when it happens, the machine decides too. */
export async function soak(seed: number, forMs: number): Promise<SoakReport> {
  await usePoolOnce();
  const before = await reading();
  const runs = await Deno.makeTempFile({ prefix: "corral-soak-" });
  const ledger = new Ledger();
  const pool = new Pool<typeof import("./tasks.ts")>({
    module: import.meta.resolve("./tasks.ts"),
    permissions: { write: [runs] },
    workers: WORKERS,
    output: "events",
    abortGraceMs: 100,
  });
  const gauges = new Gauges();
  const disturbance = new Disturbance(() => pool.workers, new Dice(seed), gauges);
  const load = new Load(pool, new Dice(seed + 1), ledger, runs);
  const endAt = performance.now() + forMs;
  while (performance.now() < endAt) {
    while (ledger.open < OPEN_CALLS) load.submit();
    await new Promise((resolve) => setTimeout(resolve, SUBMIT_BETWEEN_MS));
  }
  disturbance.end();
  await until(() => ledger.open === 0, SETTLE_LIMIT_MS);
  ledger.close(await Deno.readTextFile(runs));
  const faults = [...ledger.faults, ...await load.end()];
  if (ledger.open === 0) {
    pool.close();
    await pool.join();
  } else await pool.terminate();
  gauges.stop();
  await Deno.remove(runs);
  // The helper that ends workers goes with the last of them.
  await until(async () => (await childrenOf(Deno.pid)).length === 0, 10_000);
  for (const pid of await childrenOf(Deno.pid)) faults.push(`left: process ${pid}`);
  const after = await reading();
  if (after.descriptors > before.descriptors + KEPT_DESCRIPTORS) {
    faults.push(
      `left: ${after.descriptors - before.descriptors} more descriptors are open than before`,
    );
  }
  const { kills, stops, blocks } = disturbance;
  const kinds = Object.fromEntries([...ledger.tallies].sort());
  return {
    tasks: ledger.tasks,
    kills,
    stops,
    blocks,
    faults,
    before,
    after,
    worstDelayMs: gauges.worstDelayMs,
    kinds,
  };
}

/** The first pool of a program opens descriptors that stay, for its event loop. */
async function usePoolOnce(): Promise<void> {
  await using pool = new Pool({ workers: 1 });
  await pool.apply(Math.sqrt, [4]);
}
