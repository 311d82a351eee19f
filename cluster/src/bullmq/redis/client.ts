import { AbstractConnector, Redis, type RedisOptions } from "ioredis";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type EngineAddress, type RedisTls, shownAddress, shownText } from "../address.ts";
import type { Probe } from "./dead_sockets.ts";

const MOST_RETRY_DELAY_MS = 1000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A server that reads its file is asked so often whether it is done; the pause goes on when the connection is ended. */
const LOADING_RETRY_MS = 500;
/** What may stand behind the "?" of an address. */
const PARAMETERS: readonly string[] = ["db", "family", "username", "password"];
/** ioredis and BullMQ know by these words that nothing is wrong. */
const CLOSED = "Connection is closed.";

/** Checks an address. Throws TypeError. */
export function redisAddress(url: string, tls: RedisTls | undefined): EngineAddress {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  // Without a host, ioredis would take its own machine.
  if (parsed === undefined || !["redis:", "rediss:"].includes(parsed.protocol) || parsed.hostname === "") {
    throw new TypeError(
      `Cannot use ${shownText(url)} as the address of Redis: "redis://host:6379" is wanted, or "rediss://…" for TLS`,
    );
  }
  const address = { url, tls };
  const fault = faultOf(parsed);
  if (fault !== undefined) throw new TypeError(`Cannot use Redis at ${shownAddress(address)}: ${fault}`);
  return address;
}

/**
 * What ioredis or BullMQ would trip over later, where nobody catches it or in words about options that are not here. The password is not told.
 *
 * ioredis takes what stands behind the "?" for its own options, as texts and before those that are set here: a time limit ended the program.
 */
function faultOf({ username, password, pathname, searchParams }: URL): string | undefined {
  for (const db of [pathname.replace(/^\//, ""), searchParams.get("db") ?? ""]) {
    if (!/^\d*$/.test(db)) {
      return `${JSON.stringify(db)} is not the number of a database, "redis://host:6379/1" is wanted`;
    }
  }
  if (searchParams.has("keyPrefix")) {
    return "BullMQ takes no prefix of keys; leave keyPrefix out, and keep users of one server apart by --group and group, or by a database";
  }
  const strange = [...searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (strange !== undefined) {
    const known = PARAMETERS.map((name) => JSON.stringify(name)).join(", ");
    return `${
      JSON.stringify(strange)
    } has no meaning behind the "?" of its address, which takes ${known}; leave it out`;
  }
  try {
    decodeURIComponent(username + password);
  } catch {
    return 'a "%" in user or password is written as "%25" in an address';
  }
}

/**
 * Opens a connection. It is made again for as long as it is wanted, and commands wait for it: an outage is nobody's fault, and ends.
 *
 * BullMQ must be given an instance: by itself it looks for ioredis among the project's own packages.
 *
 * @param duplicate Opens one more, with other options: BullMQ reads by connections of its own.
 */
export function openRedis(
  { url, tls }: EngineAddress,
  onError: (error: Error) => void,
  duplicate: (options: RedisOptions) => Redis,
  options: RedisOptions = {},
): Redis {
  let isReadOnly = false;
  const redis = new EndingRedis(url, {
    ...options,
    Connector: AbruptConnector as never,
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxLoadingRetryTime: LOADING_RETRY_MS,
    retryStrategy: (times) => {
      const delayMs = isReadOnly ? MOST_RETRY_DELAY_MS : Math.min(50 * 2 ** Math.min(times, 10), MOST_RETRY_DELAY_MS);
      isReadOnly = false;
      return delayMs;
    },
    // After a failover, this connection leads to what is a replica now, and the next one to the new master. The command is sent again there.
    reconnectOnError: (error) => {
      if (!error.message.includes("READONLY")) return false;
      isReadOnly = true;
      onError(error);
      return 2;
    },
    ...(tls !== undefined && { tls: { ...tls } }),
  });
  redis.duplicate = (options = {}) => duplicate(options);
  // Without a listener, a short outage would end the program.
  redis.on("error", onError);
  return redis;
}

/** Opens a socket as connections do, and says by which event it is ready. */
export function probeOf(redis: Redis): ReturnType<Probe> {
  return {
    socket: openSocket(redis.options),
    ready: redis.options.tls ? "secureConnect" : "connect",
    question: "PING\r\n",
  };
}

function openSocket({ host = "", port = 0, family, tls }: RedisOptions): Socket {
  const where = { host, port, ...(family !== undefined && { family }) };
  return tls ? connectTls({ ...where, ...tls }) : connectTcp(where);
}

/** A connection that can be ended at any time, also while it waits to be made again: ioredis would leave it, and what waits for it, as it is. */
class EndingRedis extends Redis {
  override disconnect(reconnect = false): void {
    // What begins to connect and is told to stop at once opens no socket, and tells all that waits.
    if (!reconnect && this.status === "reconnecting") this.connect().catch(() => {});
    super.disconnect(reconnect);
  }
}

/**
 * Makes sockets, and ends them at once.
 *
 * The connector of ioredis waits for the other side to agree, and breaks off by a timer, which it forgets to clear when the connection is ended
 * before it was ready (docs/decisions/cluster.md).
 */
class AbruptConnector extends AbstractConnector {
  readonly #options: RedisOptions;

  constructor(options: RedisOptions) {
    super(0);
    this.#options = options;
  }

  override async connect(): Promise<Socket> {
    this.connecting = true;
    // It may be told to stop in the same turn.
    await undefined;
    if (!this.connecting) throw new Error(CLOSED);
    const socket = openSocket(this.#options);
    this.stream = socket;
    socket.once("error", (error) => {
      this.firstError = error;
    });
    return socket;
  }

  override disconnect(): void {
    this.connecting = false;
    this.stream?.destroy();
  }
}
