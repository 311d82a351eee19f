import {
  createPostgresBackend,
  createPostgresRelayBackend,
  DEFAULT_SCHEMA,
  MINIMUM_POSTGRES_VERSION,
  type PgPool,
  type Processor,
  Queue,
  runMigrations,
  type Worker,
  type WorkerOptions,
} from "bullmq";
import type { Broker } from "../../broker.ts";
import { queueName, relayNamespace } from "../../names.ts";
import type { BrokerSettings, Checked, ConnectionOptions, EngineConnection, Store } from "../engine.ts";
import { GroupLink } from "../group_link.ts";
import { askAgain } from "../lost_connection.ts";
import { SteadyWorker } from "../steady_worker.ts";
import { PostgresBroker } from "./broker.ts";
import { PostgresPools } from "./pools.ts";
import { openSteadyBackend, serverTimeMs, useServerTime } from "./server_time.ts";
import { LAST_TABLE, PostgresStore, STORE_TABLES } from "./store.ts";
import { shownAddress } from "../address.ts";
import { ServerCheck } from "../server_check.ts";
import { accountRefusal, clockRefusal, readOnlyRefusal } from "../start_checks.ts";
import { within } from "../../clock.ts";

/** Two of them listen all the time, for jobs and for the group. A server takes a hundred, unless it is told otherwise. */
const MOST_CONNECTIONS = 10;
/** Each pool's events have one for themselves. */
const MOST_LISTENERS = 1000;
/** Codes of PostgreSQL for an account or a database that is not there, and for what an account may not do. Waiting mends none. */
const REFUSED = /^(28...|3D000|3F000|42501)$/;
const NOTICE_LIMIT_MS = 10_000;
const PROBE_MS = 1000;
const RETRY_MS = 200;
/** SQL_ASCII is none: the server keeps bytes as they come. */
const ENCODINGS = ["UTF8", "SQL_ASCII"];
const ONLY_READS = "it takes only reads";

interface FirstRow {
  readonly version: number;
  readonly encoding: string;
  /** Whether it takes only reads, such as a standby. */
  readonly isReadOnly: boolean;
  /** By the server's clock, in milliseconds since 1970. */
  readonly now: number;
  readonly ownTimeMs: number;
}

/** A member's connection to its group over PostgreSQL. */
export class PostgresConnection implements EngineConnection {
  readonly store: Store;
  readonly #options: ConnectionOptions;
  readonly #pools: PostgresPools;
  readonly #pool: PgPool;
  /** For statements that may run twice: waits while the connection is away. */
  readonly #patient: Pick<PgPool, "query">;
  readonly #listeners: PgPool;
  readonly #check: ServerCheck;
  #link: GroupLink | undefined;
  #lastError: Error | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #up = true;
  #closed = false;
  /** Resolves when it closes: what waits to try again stops then. */
  readonly #closing = Promise.withResolvers<void>();

  /** Connects in the background. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#pools = new PostgresPools(options.address, (error) => this.#note(error));
    this.#pool = useServerTime(this.#pools.open(MOST_CONNECTIONS));
    this.#listeners = this.#pools.open(MOST_LISTENERS);
    this.#patient = askAgain(this.#pool, this.#closing.promise);
    this.store = new PostgresStore(this.#patient, options.group, options.storeTtlMs);
    this.#check = new ServerCheck(() => this.#join());
  }

  checked(): Promise<Checked> {
    return this.#check.found();
  }

  serverTimeMs(): Promise<number> {
    return serverTimeMs(this.#pool);
  }

  async openBroker(settings: BrokerSettings): Promise<Broker> {
    const { link, clockOffsetMs } = await this.#check.found();
    const queue = this.openQueue(queueName(settings.group, settings.code));
    return await new PostgresBroker({
      ...settings,
      pool: this.#patient,
      events: this.#pool,
      listeners: this.#listeners,
      queue,
      link,
      clockOffsetMs,
      store: this.store,
    }).opened();
  }

  openQueue(name: string): Queue {
    return new Queue(name, { connection: this.#pool } as never, createPostgresBackend as never) as unknown as Queue;
  }

  openWorker(name: string, processor: Processor, options: Omit<WorkerOptions, "connection">): Worker {
    return new SteadyWorker(
      name,
      processor as never,
      { ...options, connection: this.#pool } as never,
      openSteadyBackend as never,
    ) as unknown as Worker;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#check.close();
    this.#closing.resolve();
    clearTimeout(this.#probe);
    await this.#link?.close();
    await this.#pools.close();
  }

  /** Looks at the server, makes what is missing there, and joins the group. */
  async #join(): Promise<Checked> {
    const { group, id, name, leaseMs } = this.#options;
    const clockOffsetMs = await this.#lookAtServer();
    await this.#hearNotices();
    await this.#makeTables();
    await this.#link?.close();
    this.#link = new GroupLink({
      group,
      id,
      name,
      leaseMs,
      relay: { connection: this.#pool as never, backend: createPostgresRelayBackend as never },
      isAlive: async (member) => {
        const { rows } = await this.#patient.query(
          "SELECT 1 FROM relay_node WHERE ns = $1 AND node_id = $2 AND lease_until > clock_timestamp()",
          [relayNamespace(group), member],
        );
        return rows.length > 0;
      },
      onError: (error) => this.#note(error),
    });
    await this.#link.ready();
    this.#probeLater();
    return { link: this.#link, clockOffsetMs };
  }

  /** The difference of the clocks. */
  async #lookAtServer(): Promise<number> {
    const { address, connectTimeoutMs } = this.#options;
    const row = await this.#firstRow(connectTimeoutMs);
    const server = shownAddress(address);
    if (row.version < MINIMUM_POSTGRES_VERSION * 10_000) {
      throw new Error(
        `Cannot use PostgreSQL at ${server}: ${MINIMUM_POSTGRES_VERSION} or newer is wanted, it is ${
          row.version / 10_000 | 0
        }`,
      );
    }
    // BullMQ's tables cannot even be made in another one: their comments have characters that most encodings lack.
    if (!ENCODINGS.includes(row.encoding)) {
      throw new Error(
        `Cannot use PostgreSQL at ${server}: its database is encoded in ${row.encoding}, UTF8 is wanted; ` +
          `run: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
      );
    }
    const aheadMs = row.ownTimeMs - row.now;
    const refusal = clockRefusal("PostgreSQL", server, aheadMs);
    if (refusal !== undefined) throw new Error(refusal);
    return -aheadMs;
  }

  async #firstRow(limitMs: number): Promise<FirstRow> {
    const until = performance.now() + limitMs;
    let said = "it does not answer";
    for (;;) {
      // Of this question alone: it may have taken half a minute until the server could be asked.
      const before = Date.now();
      try {
        const answer = this.#pool.query(
          "SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding, " +
            "current_setting('transaction_read_only')::bool AS \"isReadOnly\", " +
            "extract(epoch FROM clock_timestamp())::float8 * 1000 AS now",
        );
        if (!await within(Math.max(0, until - performance.now()), answer)) throw new Error(said);
        const { rows: [row] } = await answer;
        // In a failover, a standby is about to take over.
        if (row.isReadOnly) throw new Error(ONLY_READS);
        return { ...row, ownTimeMs: (before + Date.now()) / 2 };
      } catch (error) {
        const { code = "", message } = error as { code?: string; message: string };
        if (REFUSED.test(code)) {
          throw new Error(accountRefusal("PostgreSQL", shownAddress(this.#options.address), message), { cause: error });
        }
        said = message;
        if (performance.now() < until && !this.#closed) {
          await within(RETRY_MS, this.#closing.promise);
          continue;
        }
        const { address } = this.#options;
        if (message === ONLY_READS) throw new Error(readOnlyRefusal("PostgreSQL", shownAddress(address), limitMs));
        throw new Error(
          `Cannot reach PostgreSQL at ${shownAddress(address)} within ${limitMs / 1000} s: ${message}; ` +
            `is it running, and does this program have --allow-net=${new URL(address.url).host}?`,
          { cause: error },
        );
      }
    }
  }

  /** A pooler that hands out connections by the transaction swallows notices: each task would wait for the next look, for seconds. */
  async #hearNotices(): Promise<void> {
    const client = await this.#listeners.connect();
    try {
      const channel = `corral_${crypto.randomUUID().replaceAll("-", "")}`;
      const heard = Promise.withResolvers<void>();
      client.on("notification", (notice) => void (notice.channel === channel && heard.resolve()));
      await client.query(`LISTEN ${channel}`);
      await this.#pool.query("SELECT pg_notify($1, '')", [channel]);
      // A connection that closes is no reason to wait, nor to complain.
      if (await within(NOTICE_LIMIT_MS, Promise.race([heard.promise, this.#closing.promise]))) return;
    } finally {
      client.release(true);
    }
    throw new Error(
      `Cannot use PostgreSQL at ${
        shownAddress(this.#options.address)
      }: its notices (LISTEN) do not arrive, as behind a pooler in transaction ` +
        `mode; connect to the server itself, or through a pooler in session mode`,
    );
  }

  /** Tables that are there are left alone; members that start together wait for each other. */
  async #makeTables(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await runMigrations(client);
      await client.query("BEGIN");
      await client.query("SELECT pg_advisory_xact_lock(hashtext('corral tables'))");
      await client.query(STORE_TABLES);
      await client.query("COMMIT");
    } catch (error) {
      const { code = "", message } = error as { code?: string; message: string };
      if (!REFUSED.test(code)) throw error;
      throw new Error(
        `Cannot make the tables in PostgreSQL at ${shownAddress(this.#options.address)}: ${message}; ` +
          `let this account make them once (GRANT CREATE ON DATABASE … TO …)`,
        { cause: error },
      );
    } finally {
      client.release();
    }
  }

  #note(error: Error): void {
    this.#lastError = error;
    this.#tell(false);
  }

  /** Nothing tells when a connection is there again, nor that it leads to a server that has lost its data, so that it is asked for. */
  #probeLater(): void {
    if (this.#closed) return;
    this.#probe = setTimeout(async () => {
      try {
        const { rows: [row] } = await this.#pool.query(
          `SELECT to_regclass('${DEFAULT_SCHEMA}.${LAST_TABLE}') AS there`,
        );
        // Without them, every question would fail, and what is open never be found missing.
        if (row.there === null) await this.#makeTables();
        this.#tell(true);
      } catch (error) {
        this.#note(error as Error);
      }
      this.#probeLater();
    }, PROBE_MS);
  }

  #tell(up: boolean): void {
    if (this.#up === up || this.#closed) return;
    this.#up = up;
    this.#options.onChange(up, up ? undefined : this.#lastError);
  }
}
