// End-to-end: PostgreSQL in place of Redis. Row 17 of the fault table, and the events that BullMQ's own reader loses.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { createPostgresBackend, type PgModule, type PgPool, type PgPoolClient, Queue, runMigrations } from "bullmq";
import type { EventEmitter } from "node:events";
import pg from "pg";
import { Cluster } from "../../mod.ts";
import { askAgain, tellLostConnections } from "../../src/bullmq/lost_connection.ts";
import { PostgresEvents } from "../../src/bullmq/postgres/events.ts";
import { PostgresPools } from "../../src/bullmq/postgres/pools.ts";
import { WorkerExitError } from "../../src/corral.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { Caller } from "../helpers/caller.ts";
import { Notes } from "../helpers/notes.ts";
import type { PostgresServer } from "../../../tests/helpers/servers/postgres_server.ts";
import { NO_POSTGRES, startPostgres } from "../helpers/postgres_server.ts";
import { NO_PGBOUNCER, PgBouncer } from "../helpers/pgbouncer.ts";
import { SECRET } from "../helpers/secret.ts";

const options = { ignore: NO_POSTGRES !== undefined };
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const write = (notes: Notes): { flags: string[] } => ({
  flags: [`--allow-read=${notes.path}`, `--allow-write=${notes.path}`],
});

/** One server for all tests; and in its first database one agent with one lane, for those that end none. */
const group = new AsyncDisposableStack();
let server: PostgresServer;
let folder = "";

Deno.test.beforeAll(async () => {
  if (options.ignore) return;
  folder = await Deno.makeTempDir({ prefix: "corral-notes-" });
  group.defer(() => Deno.remove(folder, { recursive: true }));
  server = group.use(await startPostgres());
  const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
  group.use(await AgentProcess.start(server.url, { jobs: 1, lock: "60s", flags }));
});

Deno.test.afterAll(() => group.disposeAsync());

/** The address of a new database. */
async function newDatabase(name: string): Promise<string> {
  await using pool = openPool(server.url);
  await pool.query(`CREATE DATABASE ${name}`);
  return server.url.replace(/[^/]*$/, name);
}

/** Connections of the test's own. */
function openPool(url: string): PgPool & AsyncDisposable {
  const pool = new (pg as unknown as PgModule).Pool({
    connectionString: url,
    options: "-c search_path=bullmq -c application_name=test",
  });
  pool.on("error", () => {});
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}

Deno.test("connections that are cut while tasks run: every task settles once, none starts twice", options, async () => {
  await using notes = await Notes.make(folder);
  await using caller = new Caller(server.url);
  const calls = range(40).map((index) => caller.call("note", [notes.path, `${index}`, 50]));
  await using pool = openPool(server.url);
  for (const starts of [4, 12, 20]) {
    await notes.until(starts);
    await pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
  }
  assertEquals(await Promise.all(calls), range(40).map(String));
  assertEquals((await notes.lines()).length, 40);
  assertEquals(caller.settledTwice, []);
  assertEquals(caller.connections[0], false);
});

Deno.test(
  "a connection that is cut in the middle of a statement: BullMQ is told that it may try again",
  options,
  async () => {
    await using pool = openPool(server.url);
    await using watched = openPool(server.url);
    tellLostConnections(watched);
    const lost = assertRejects(() => watched.query("SELECT pg_sleep(600)"));
    const cut =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'";
    while ((await pool.query(cut)).rows.length === 0);
    // The code by which its worker knows that, and does not fail the job.
    assertEquals((await lost as Error & { code: string }).code, "ECONNREFUSED");
    const wrong = await assertRejects(() => watched.query("SELECT nothing")) as Error & { code: string };
    assertEquals(wrong.code, "42703");
    assertEquals((await watched.query("SELECT 1 AS one")).rows, [{ one: 1 }]);
  },
);

Deno.test(
  "an agent that is killed: its tasks run again elsewhere with retries, and reject without",
  options,
  async () => {
    const url = await newDatabase("killed");
    await using notes = await Notes.make();
    await using first = await AgentProcess.start(url, { name: "a", ...write(notes) });
    await using caller = new Caller(url);
    const again = caller.start("noteAndStayOnce", [notes.path, "again"], { retries: 2 });
    const once = caller.start("note", [notes.path, "once", 600_000]);
    await notes.until(2);
    await using _second = await AgentProcess.start(url, { name: "b", jobs: 1, ...write(notes) });
    first.kill("SIGKILL");
    assertEquals(await caller.call("square", [7]), 49);
    const error = await once.result.catch((error) => error);
    assertInstanceOf(error, WorkerExitError);
    assertEquals(error.taskStarted, true);
    assertEquals(await again.result, "again");
    assertEquals((await notes.lines()).sort(), ["again", "again", "once"]);
    assertEquals(caller.settledTwice, []);
  },
);

Deno.test(
  "a server that loses its data: what vanished rejects or runs again with retries, and all goes on",
  options,
  async () => {
    const url = await newDatabase("emptied");
    await using notes = await Notes.make();
    await using gate = await Notes.make();
    const flags = [`--allow-write=${notes.path}`, `--allow-read=${gate.path.replace(/\/[^/]*$/, "")}`];
    await using agent = await AgentProcess.start(url, { jobs: 1, lock: "60s", flags });
    await using caller = new Caller(url);
    assertEquals(await caller.call("square", [2]), 4);
    await using pool = openPool(url);
    // Of a server that has worked for long.
    await pool.query("SELECT setval('event_seq', 1000000)");
    const once = caller.start("noteUntil", [notes.path, "once", gate.path]);
    await once.reached("begun");
    await notes.until(1);
    const again = caller.start("note", [notes.path, "again"], { retries: 1 });
    await again.reached("sent");
    // It may give way to a question that another member asks.
    while (!await pool.query("DROP SCHEMA bullmq CASCADE").then(() => true, () => false));
    const error = await assertRejects(() => once.result, WorkerExitError, "the server no longer knows it");
    assertEquals(error.taskStarted, true);
    await Deno.writeTextFile(gate.path, "open\n");
    assertEquals(await again.result, "again");
    assertEquals(await caller.call("square", [7]), 49);
    // Events are read from the beginning, where numbers are.
    const told = Promise.withResolvers<unknown>();
    assertEquals(await caller.call("report", [3], { onProgress: told.resolve }), 3);
    await told.promise;
    // As often as it has retries.
    const starts = await notes.lines();
    assertEquals(starts.filter((line) => line === "once").length, 1);
    assert(starts.length <= 3, starts.join());
    assertEquals(caller.settledTwice, []);
    agent.kill("SIGTERM");
    assertEquals((await agent.status).code, 0);
  },
);

Deno.test("large values and cancellations go through PostgreSQL too", options, async () => {
  await using notes = await Notes.make(folder);
  await using caller = new Caller(server.url);
  const large = crypto.getRandomValues(new Uint8Array(60_000));
  const value = Object.fromEntries(range(20).map((index) => [index, large.with(0, index)]));
  assertEquals(await caller.call("echo", [value]), value);
  const long = caller.start("note", [notes.path, "long", 600_000]);
  await notes.until(1);
  caller.backend.cancel(long.handle, new Error("enough"));
  // The only lane is free again.
  assertEquals(await caller.call("square", [3]), 9);
});

Deno.test("an event that becomes visible after a later one is read", options, async () => {
  await using pool = openPool(await newDatabase("events"));
  const session = await pool.connect();
  await runMigrations(session);
  const queue = new Queue("q", { connection: pool } as never, createPostgresBackend as never);
  queue.on("error", () => {});
  await queue.waitUntilReady();
  const seen: unknown[] = [];
  const told = Promise.withResolvers<void>();
  const early = Promise.withResolvers<void>();
  const reader = new PostgresEvents({ ask: pool, listen: pool }, "q", (event, { jobId }) => {
    if (event !== "completed") return;
    seen.push(jobId);
    if (jobId === "second") early.resolve();
    if (jobId === "first") told.resolve();
  });
  await reader.start();
  const publish = (client: PgPoolClient | PgPool, id: string) =>
    client.query("SELECT publish_event('q', 'completed', jsonb_build_object('jobId', $1::text))", [id]);
  // It has the lower number, and commits last.
  await session.query("BEGIN");
  await publish(session, "first");
  await publish(pool, "second");
  await early.promise;
  await session.query("COMMIT");
  session.release();
  await told.promise;
  assertEquals(seen, ["second", "first"]);
  await reader.close();
  await queue.close();
});

Deno.test("a connection that is cut while somebody has it does not end the program", options, async () => {
  const pools = new PostgresPools({ url: server.url, tls: undefined }, () => {});
  const pool = pools.open(2);
  const client = await pool.connect();
  const { rows: [row] } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const ended = new Promise((resolve) => (client as unknown as EventEmitter).once("end", resolve));
  await pool.query("SELECT pg_terminate_backend($1)", [row!.pid]);
  await ended;
  await assertRejects(() => client.query("SELECT 1"));
  client.release(true);
  await pools.close();
});

Deno.test("askAgain() waits while the connection is away, and for nothing else", options, async () => {
  await using pool = openPool(server.url);
  tellLostConnections(pool);
  const closing = Promise.withResolvers<void>();
  const patient = askAgain(pool, closing.promise);
  const slow = "SELECT pg_sleep(600)";
  await using other = openPool(server.url);
  const cut = new Set<number>();
  const cutAll = async (): Promise<void> => {
    const { rows } = await other.query<{ pid: number }>(
      "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1 AND state = 'active'",
      [slow],
    );
    for (const { pid } of rows) cut.add(pid);
  };
  let isSettled = false;
  const answer = assertRejects(() => patient.query(slow), Error, "terminating connection").then(() => {
    isSettled = true;
  });
  // It asks again, each time by a new connection.
  while (cut.size < 3) await cutAll();
  assertEquals(isSettled, false);
  closing.resolve();
  while (!isSettled) await cutAll();
  await answer;
  await assertRejects(() => patient.query("SELECT nothing"), Error, "nothing");
});

Deno.test(
  "Cluster refuses an account or a database that is not there, and an account that may make no tables",
  options,
  async () => {
    await using pool = openPool(server.url);
    await pool.query("CREATE ROLE weak LOGIN");
    await pool.query("CREATE DATABASE other");
    const refusal = async (user: string, database: string): Promise<string> => {
      const postgres = `postgres://${user}@${new URL(server.url).host}/${database}`;
      await using cluster = new Cluster({ postgres, secret: SECRET });
      return (await assertRejects(() => cluster.ready(), Error)).message;
    };
    assertStringIncludes(
      await refusal("missing", "other"),
      'it refuses this account, "role \\"missing\\" does not exist"',
    );
    assertStringIncludes(await refusal("corral", "missing"), 'database \\"missing\\" does not exist');
    assertStringIncludes(await refusal("weak", "other"), "GRANT CREATE ON DATABASE");
  },
);

Deno.test(
  "Cluster refuses PgBouncer in transaction mode, which swallows notices, and works through one in session mode",
  { ignore: NO_POSTGRES !== undefined || NO_PGBOUNCER !== undefined },
  async () => {
    const url = await newDatabase("pooled");
    {
      await using pooler = await PgBouncer.start(url, "transaction");
      await using cluster = new Cluster({ postgres: pooler.url, secret: SECRET });
      const { message } = await assertRejects(() => cluster.ready(), Error);
      assertStringIncludes(message, "its notices (LISTEN) do not arrive, as behind a pooler in transaction mode");
    }
    await using pooler = await PgBouncer.start(url, "session");
    await using _agent = await AgentProcess.start(pooler.url, { jobs: 1 });
    await using caller = new Caller(pooler.url);
    assertEquals(await caller.call("square", [7]), 49);
  },
);

Deno.test("Cluster refuses a standby that stays one, and a database of another encoding", options, async () => {
  await using pool = openPool(server.url);
  await pool.query("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  const refusal = async (postgres: string): Promise<string> => {
    await using cluster = new Cluster({ postgres, secret: SECRET, agentTimeoutMs: 1000 });
    return (await assertRejects(() => cluster.ready(), Error)).message;
  };
  const standby = `${server.url}?options=${encodeURIComponent("-c default_transaction_read_only=on")}`;
  assertStringIncludes(await refusal(standby), "for 1 s it has taken only reads");
  assertStringIncludes(await refusal(server.url.replace(/[^/]*$/, "latin")), "encoded in LATIN1, UTF8 is wanted");
});

Deno.test("Cluster refuses a PostgreSQL that it cannot reach, and addresses of both servers", options, async () => {
  const postgres = "postgres://corral@127.0.0.1:9/postgres";
  await using cluster = new Cluster({ postgres, secret: SECRET, agentTimeoutMs: 1200 });
  const error = await assertRejects(() => cluster.ready(), Error);
  assertStringIncludes(error.message, "Cannot reach PostgreSQL at postgres://127.0.0.1:9 within 1.2 s");
  let message = "";
  try {
    new Cluster({ postgres, redis: "redis://127.0.0.1:9", secret: SECRET });
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(message, `Cannot make a cluster: "redis" and "postgres" are given, one is wanted`);
});
