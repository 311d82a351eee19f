import { Redis } from "ioredis";
import { within } from "../clock.ts";
import type { EngineAddress, RedisTls } from "./address.ts";

const MOST_RETRY_DELAY_MS = 1000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Checks an address. Throws TypeError. */
export function redisAddress(url: string, tls: RedisTls | undefined): EngineAddress {
  const { protocol = "", hostname = "" } = typeof url === "string" && URL.canParse(url) ? new URL(url) : {};
  // Without a host, ioredis would take its own machine.
  if (["redis:", "rediss:"].includes(protocol) && hostname !== "") return { url, tls };
  throw new TypeError(
    `Cannot use ${JSON.stringify(url)} as the address of Redis: "redis://host:6379" is wanted, or "rediss://…" for TLS`,
  );
}

/** The address for messages: without the password. */
export function shownAddress({ url }: EngineAddress): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/**
 * Opens a connection. It is made again for as long as it is wanted, and commands wait for it: an outage is nobody's fault, and ends.
 *
 * BullMQ must be given an instance: by itself it looks for ioredis among the project's own packages.
 */
export function openRedis({ url, tls }: EngineAddress, onError: (error: Error) => void): Redis {
  let isReadOnly = false;
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_TIMEOUT_MS,
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
  // Without a listener, a short outage would end the program.
  redis.on("error", onError);
  return redis;
}

/** Ends a connection, and waits until it is gone: until then a timer of ioredis, which would destroy it, keeps the program alive. */
export async function closeRedis(redis: Redis, limitMs: number): Promise<void> {
  if (redis.status === "end") return;
  const { promise, resolve } = Promise.withResolvers<void>();
  redis.once("end", resolve);
  redis.disconnect();
  await within(limitMs, promise);
}
