import {
  createPostgresBackend,
  createPostgresRelayBackend,
  DEFAULT_SCHEMA,
  MINIMUM_POSTGRES_VERSION,
  type PgModule,
  type PgPool,
  type Processor,
  Queue,
  runMigrations,
  Worker,
  type WorkerOptions,
} from "bullmq";
import type { EventEmitter } from "node:events";
import pg from "pg";
import type { Broker } from "../broker.ts";
import { queueName, relayNamespace } from "../names.ts";
import type { BrokerSettings, Checked, ConnectionOptions, EngineConnection, Store } from "./engine.ts";
import { GroupLink } from "./group_link.ts";
import { tellLostConnections } from "./lost_connection.ts";
import { PostgresBroker } from "./postgres_broker.ts";
import { PostgresStore, STORE_TABLES } from "./postgres_store.ts";
import { shownAddress, within } from "./redis_client.ts";
import { clockRefusal } from "./start_checks.ts";

const CLOSE_LIMIT_MS = 2000;
/** Two of them listen all the time, for jobs and for the group. A server takes a hundred, unless it is told otherwise. */
const MOST_CONNECTIONS = 10;
/** Each pool's events have one for themselves. */
const MOST_LISTENERS = 1000;
const PROBE_MS = 1000;
const RETRY_MS = 200;

/** A member's connection to its group over PostgreSQL. */
export class PostgresConnection implements EngineConnection {
  readonly store: Store;
  readonly #options: ConnectionOptions;
  readonly #pool: PgPool;
  readonly #listeners: PgPool;
  readonly #checked: Promise<Checked>;
  #link: GroupLink | undefined;
  #lastError: Error | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #up = true;
  #closed = false;

  /** Connects in the background. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#pool = this.#openPool(MOST_CONNECTIONS);
    this.#listeners = this.#openPool(MOST_LISTENERS);
    this.store = new PostgresStore(this.#pool, options.group, options.storeTtlMs);
    this.#checked = this.#check();
    this.#checked.catch(() => {});
  }

  checked(): Promise<Checked> {
    return this.#checked;
  }

  async openBroker(settings: BrokerSettings): Promise<Broker> {
    const { link, clockOffsetMs } = await this.#checked;
    const queue = this.openQueue(queueName(settings.group, settings.code));
    const broker = new PostgresBroker({
      ...settings,
      ...{ pool: this.#pool, listeners: this.#listeners, queue, link, clockOffsetMs, store: this.store },
    });
    await broker.ready();
    return broker;
  }

  openQueue(name: string): Queue {
    return new Queue(name, { connection: this.#pool } as never, createPostgresBackend as never) as unknown as Queue;
  }

  openWorker(name: string, processor: Processor, options: Omit<WorkerOptions, "connection">): Worker {
    return new Worker(
      name,
      processor as never,
      { ...options, connection: this.#pool } as never,
      createPostgresBackend as never,
    ) as unknown as Worker;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#probe);
    await this.#link?.close();
    await within(CLOSE_LIMIT_MS, Promise.all([this.#listeners.end(), this.#pool.end()]));
  }

  #openPool(most: number): PgPool {
    const { url, tls } = this.#options.address;
    const pool = new (pg as unknown as PgModule).Pool({
      connectionString: url,
      max: most,
      keepAlive: true,
      options: `-c search_path=${DEFAULT_SCHEMA}`,
      ...(tls !== undefined && { ssl: { ...tls } }),
    });
    // Every queue listens for errors too: beyond ten, Node would suspect a leak.
    (pool as unknown as EventEmitter).setMaxListeners(0);
    pool.on("error", (error) => this.#note(error));
    return tellLostConnections(pool);
  }

  async #check(): Promise<Checked> {
    const { group, id, name, leaseMs } = this.#options;
    const clockOffsetMs = await this.#lookAtServer();
    await this.#makeTables();
    this.#link = new GroupLink({
      ...{ group, id, name, leaseMs },
      relay: { connection: this.#pool as never, backend: createPostgresRelayBackend as never },
      isAlive: async (member) => {
        const { rows } = await this.#pool.query(
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
    const before = Date.now();
    const row = await this.#firstRow(connectTimeoutMs);
    const server = shownAddress(address);
    if (row.version < MINIMUM_POSTGRES_VERSION * 10_000) {
      throw new Error(
        `Cannot use PostgreSQL at ${server}: ${MINIMUM_POSTGRES_VERSION} or newer is wanted, it is ${
          row.version / 10_000 | 0
        }`,
      );
    }
    const ownTimeMs = (before + Date.now()) / 2;
    const refusal = clockRefusal("PostgreSQL", server, ownTimeMs - row.now);
    if (refusal !== undefined) throw new Error(refusal);
    return row.now - ownTimeMs;
  }

  async #firstRow(limitMs: number): Promise<{ version: number; now: number }> {
    const until = performance.now() + limitMs;
    for (;;) {
      try {
        const { rows } = await this.#pool.query(
          "SELECT current_setting('server_version_num')::int AS version, " +
            "extract(epoch FROM clock_timestamp())::float8 * 1000 AS now",
        );
        return rows[0];
      } catch (error) {
        if (performance.now() < until && !this.#closed) {
          await within(RETRY_MS, Promise.withResolvers<void>().promise);
          continue;
        }
        const { address } = this.#options;
        throw new Error(
          `Cannot reach PostgreSQL at ${shownAddress(address)} within ${limitMs / 1000} s: ${
            (error as Error).message
          }; is it running, and does this program have --allow-net=${new URL(address.url).host}?`,
          { cause: error },
        );
      }
    }
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
    } finally {
      client.release();
    }
  }

  #note(error: Error): void {
    this.#lastError = error;
    this.#tell(false);
  }

  /** Nothing tells when a connection is there again, so that it is asked for. */
  #probeLater(): void {
    if (this.#closed) return;
    this.#probe = setTimeout(async () => {
      try {
        await this.#pool.query("SELECT 1");
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
