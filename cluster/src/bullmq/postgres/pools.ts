import { DEFAULT_SCHEMA, type PgModule, type PgPool } from "bullmq";
import type { EventEmitter } from "node:events";
import { Socket } from "node:net";
import pg from "pg";
import { within } from "../../clock.ts";
import type { EngineAddress, RedisTls } from "../address.ts";
import { tellLostConnections } from "../lost_connection.ts";

const CLOSE_LIMIT_MS = 2000;

/** All connections of one member to its PostgreSQL: when they are closed, nothing is left of them, also when the server does not answer. */
export class PostgresPools {
  readonly #address: EngineAddress;
  readonly #onError: (error: Error) => void;
  readonly #pools: PgPool[] = [];
  readonly #sockets = new Map<Socket, Promise<void>>();

  constructor(address: EngineAddress, onError: (error: Error) => void) {
    this.#address = address;
    this.#onError = onError;
  }

  /** Opens a pool of so many connections. It makes them when they are needed. */
  open(most: number): PgPool {
    const { url, tls } = this.#address;
    const pool = new (pg as unknown as PgModule).Pool({
      ...(tls === undefined ? { connectionString: url } : withTls(url, tls)),
      max: most,
      keepAlive: true,
      stream: () => this.#socket(),
    });
    // Every queue listens for errors too: beyond ten, Node would suspect a leak.
    (pool as unknown as EventEmitter).setMaxListeners(0);
    pool.on("error", this.#onError);
    // One that is cut while somebody has it says so by an event, which would end the program; the statement that waits for it fails as well.
    pool.on("connect", (client) => void client.on("error", () => {}));
    // Each connection's first statement. In its options, where it would be sooner, PgBouncer refuses it.
    pool.on("connect", (client) => void client.query(`SET search_path TO ${DEFAULT_SCHEMA}`).catch(() => {}));
    this.#pools.push(pool);
    return tellLostConnections(pool);
  }

  /** Says goodbye to the server, and ends what it does not end in time. */
  async close(): Promise<void> {
    await within(CLOSE_LIMIT_MS, Promise.all(this.#pools.map((pool) => pool.end())));
    const ends = [...this.#sockets.values()];
    for (const socket of this.#sockets.keys()) socket.destroy();
    await Promise.all(ends);
  }

  #socket(): Socket {
    const socket = new Socket();
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("close", () => {
      this.#sockets.delete(socket);
      resolve();
    });
    this.#sockets.set(socket, promise);
    return socket;
  }
}

/** What an address says of TLS, `pg` takes in the place of what it is told beside: an authority would be forgotten. */
function withTls(url: string, tls: RedisTls): Record<string, unknown> {
  const parsed = new URL(url);
  const { searchParams } = parsed;
  const sslnegotiation = searchParams.get("sslnegotiation");
  for (const name of ["sslmode", "ssl", "uselibpqcompat", "sslnegotiation"]) searchParams.delete(name);
  return { connectionString: parsed.href, ssl: { ...tls }, ...(sslnegotiation !== null && { sslnegotiation }) };
}
