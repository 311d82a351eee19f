// End-to-end: clocks that are set while tasks run, with a PostgreSQL, where the ends of locks stand in a table. Row 11 of the fault table.
import { assertEquals } from "@std/assert";
import { type PgModule, type PgPool, Queue } from "bullmq";
import pg from "pg";
import { byServerTime, openSteadyBackend, SetClock, useServerTime } from "../../src/bullmq/postgres/server_time.ts";
import { queueName } from "../../src/names.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { Caller } from "../helpers/caller.ts";
import { Notes } from "../helpers/notes.ts";
import { NO_POSTGRES, startPostgres } from "../helpers/postgres_server.ts";

const options = { ignore: NO_POSTGRES !== undefined };
const SET_CLOCK = import.meta.resolve("../fixtures/set_clock.ts");
/** A task that is taken for lost is so in the second look at the latest. */
const LOOKS = 3;

function openPool(url: string): PgPool & AsyncDisposable {
  const pool = new (pg as unknown as PgModule).Pool({ connectionString: url, options: "-c search_path=bullmq" });
  pool.on("error", () => {});
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}

/** Resolves when agents have looked for lost tasks so many times. */
async function looks(pool: PgPool, count: number): Promise<void> {
  let last: unknown;
  for (let left = count + 1; left > 0;) {
    const { rows: [row] } = await pool.query("SELECT value, pg_sleep(0.1) FROM meta WHERE field = 'stalled-check'");
    if (row === undefined || row.value === last) continue;
    last = row.value;
    left--;
  }
}

Deno.test("the clock of an agent is set on and back: nothing that runs is lost or starts twice", options, async () => {
  await using server = await startPostgres();
  await using pool = openPool(server.url);
  await using notes = await Notes.make();
  await using gate = await Notes.make();
  const folder = gate.path.replace(/\/[^/]*$/, "");
  const flags = [`--allow-write=${notes.path}`, `--allow-read=${folder}`];
  const start = (name: string): Promise<AgentProcess> =>
    AgentProcess.start(server.url, { name, jobs: 1, lock: "6s", preload: SET_CLOCK, flags });
  await using agent = await start("set");
  await using _other = await start("other");
  await using caller = new Caller(server.url);
  const calls = [0, 1].map((retries) => caller.start("noteUntil", [notes.path, `${retries}`, gate.path], { retries }));
  await notes.until(2);
  agent.kill("SIGUSR1");
  await looks(pool, LOOKS);
  for (let minutes = 0; minutes < 2; minutes++) agent.kill("SIGUSR2");
  await looks(pool, LOOKS);
  await Deno.writeTextFile(gate.path, "open\n");
  assertEquals(await Promise.all(calls.map(({ result }) => result)), ["0", "1"]);
  assertEquals((await notes.lines()).length, 2);
  const { rows } = await pool.query("SELECT id FROM event WHERE event = 'stalled'");
  assertEquals(rows, []);
});

Deno.test(
  "the clock of the server is set: the next look takes no task for lost, the one behind it does",
  options,
  async () => {
    await using server = await startPostgres();
    // A client makes the tables.
    {
      await using caller = new Caller(server.url);
      await caller.cluster.ready();
    }
    await using pool = openPool(server.url);
    useServerTime(pool);
    const backend = openSteadyBackend(queueName("g", "c"), { connection: pool, stalledInterval: -1 } as never, {});
    const queue = new Queue(queueName("g", "c"), { connection: pool } as never, (() => backend) as never);
    queue.on("error", () => {});
    await queue.add("f", {}, { jobId: "lost" });
    await pool.query("UPDATE job SET state = 'active', lock_token = 't', locked_until_ms = 1, stalled_marked = true");
    const { now } = performance;
    try {
      assertEquals(await backend.moveStalledJobsToWait(), []);
      // As seen from this machine, that is the server's clock set back.
      performance.now = () => now.call(performance) + 60_000;
      assertEquals(await backend.moveStalledJobsToWait(), []);
      assertEquals(await backend.moveStalledJobsToWait(), ["lost"]);
    } finally {
      performance.now = now;
    }
    await queue.close();
  },
);

Deno.test("SetClock tells a clock that was set from one that goes a little fast", () => {
  let steady = 0;
  const clock = new SetClock(() => steady);
  const seen = [[0, 0], [5000, 5200], [10_000, 10_400], [15_000, 75_400], [20_000, 80_400], [25_000, 75_400]].map(
    ([own, server]) => {
      steady = own!;
      return clock.wasSet(server!);
    },
  );
  assertEquals(seen, [true, false, false, true, false, true]);
});

Deno.test("byServerTime() leaves statements alone that are given no time", () => {
  const plain = "-- Params: $1 queue, $2 lock_ms.\nSELECT $1, $2::bigint";
  assertEquals(byServerTime(plain), plain);
  const server = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  assertEquals(
    byServerTime("-- $1 now_ms, $10 queue\nSELECT $1::bigint + 5, f($1, $10)").split("\n")[1],
    `SELECT ($1::bigint * 0 + ${server}) + 5, f(($1::bigint * 0 + ${server}), $10)`,
  );
});
