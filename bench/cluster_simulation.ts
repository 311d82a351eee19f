// deno-lint-ignore-file no-console
/**
 * What happens at 10, 100 and 1 000 agents: the client's own code against a simulated group, in virtual time.
 *
 *     deno task sim:cluster
 *
 * The costs are the processor times per job of docs/cluster.md: client 0.26 ms, Redis 0.20 ms. Agents are not modelled: each has its own machine.
 */
import type { TaskRequest } from "../src/backend.ts";
import { ClusterBackend } from "../cluster/src/client/cluster_backend.ts";
import { Sealer } from "../cluster/src/message/letter.ts";
import { SimulatedGroup, WELL_BEHAVED } from "../cluster/tests/helpers/simulated_group.ts";
import { VirtualClock } from "../cluster/tests/helpers/virtual_clock.ts";

const LANES_PER_AGENT = 8;
const CLIENT_MS = 0.26;
const REDIS_MS = 0.2;
const VIRTUAL_MS = 4000;

const REQUEST: TaskRequest = {
  function: { kind: "export", name: "f" },
  payload: { text: "[1]", tagged: false, parts: [] },
  handles: [],
  chunk: undefined,
  byteLength: 3,
  priority: 0,
  key: undefined,
  timeoutMs: undefined,
  retries: 0,
  trace: undefined,
};

console.log(`| agents | lanes | a chunk takes | chunks/s | lanes busy | bound by |`);
console.log(`| --- | --- | --- | --- | --- | --- |`);
for (const taskMs of [50, 500, 5000]) {
  for (const agents of [10, 100, 1000]) {
    const lanes = agents * LANES_PER_AGENT;
    const { perSecond, busy } = await simulate(lanes, taskMs);
    const bound = busy > 0.9 ? "lanes" : "the client";
    console.log(
      `| ${agents} | ${lanes} | ${taskMs} ms | ${Math.round(perSecond)} | ${Math.round(busy * 100)} % | ${bound} |`,
    );
  }
}

/** Keeps a group busy for a while, and looks at the second half. */
async function simulate(lanes: number, taskMs: number): Promise<{ perSecond: number; busy: number }> {
  const clock = new VirtualClock();
  const sealer = new Sealer("a secret of at least sixteen bytes");
  const costs = { tripMs: 0.5, engineMs: REDIS_MS, clientMs: CLIENT_MS, taskMs: () => taskMs };
  const group = new SimulatedGroup({
    clock,
    sealer,
    lanes,
    code: "x",
    costs,
    misbehaviour: WELL_BEHAVED,
    random: () => 0.5,
  });
  const backend = clientOf(group, clock, sealer);
  // As many as a map keeps submitted, and more than the window takes.
  const load = keepBusy(backend, 9 * Math.max(lanes, 32));
  const half = Math.max(VIRTUAL_MS / 2, 3 * taskMs);
  await runFor(clock, half);
  const [settledBefore, workedBefore] = [load.settled, group.workedMs];
  await runFor(clock, half);
  const busy = (group.workedMs - workedBefore) / (half * lanes);
  backend.terminate(() => new Error("the end"));
  return { perSecond: (load.settled - settledBefore) / half * 1000, busy: Math.min(1, busy) };
}

/** The backend of a pool on the group. */
function clientOf(group: SimulatedGroup, clock: VirtualClock, sealer: Sealer): ClusterBackend {
  let last = 0;
  return new ClusterBackend({
    settings: { name: "pool", moduleUrl: undefined, maxFrameBytes: 2 ** 28, workers: {} as never, options: {} },
    clientId: "c0",
    sealer,
    clock,
    nextJobId: () => `c0-${++last}`,
    shelfName: "s",
    agentTimeoutMs: 30_000,
    leaseMs: 30_000,
    resultTtlMs: 3_600_000,
    open: (listener) => {
      group.listener = listener;
      return Promise.resolve({ broker: group, code: "x" });
    },
    onEnd: () => {},
  });
}

/** Keeps so many tasks submitted: for each that settles, the next. Returns how many have settled, which goes up. */
function keepBusy(backend: ClusterBackend, tasks: number): { readonly settled: number } {
  const count = { settled: 0 };
  const ignore = (): void => {};
  const submit = (): void => {
    backend.submit(REQUEST, {
      ...{ sent: ignore, begun: ignore, returned: ignore, retried: ignore, progress: ignore, reject: ignore },
      resolve: () => {
        count.settled++;
        submit();
      },
    });
  };
  for (let index = 0; index < tasks; index++) submit();
  return count;
}

async function runFor(clock: VirtualClock, ms: number): Promise<void> {
  let over = false;
  clock.after(ms, () => {
    over = true;
  });
  await clock.runUntil(() => over, 2 * ms);
}
