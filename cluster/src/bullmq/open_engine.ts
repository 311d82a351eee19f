import { type EngineAddress, type RedisTls, shownText } from "./address.ts";
import type { ConnectionOptions, EngineConnection } from "./engine.ts";
import { RedisConnection } from "./redis/connection.ts";
import { PostgresConnection } from "./postgres/connection.ts";

const POSTGRES = ["postgres:", "postgresql:"];

/** Checks an address. Throws TypeError. */
export function postgresAddress(url: string, tls: RedisTls | undefined): EngineAddress {
  if (isPostgres(url)) return { url, tls };
  throw new TypeError(
    `Cannot use ${shownText(url)} as the address of PostgreSQL: "postgres://user@host:5432/database" is wanted`,
  );
}

/** Connects a member in the background. */
export function openEngine(options: ConnectionOptions): EngineConnection {
  return isPostgres(options.address.url) ? new PostgresConnection(options) : new RedisConnection(options);
}

function isPostgres(url: string): boolean {
  return typeof url === "string" && URL.canParse(url) && POSTGRES.includes(new URL(url).protocol);
}
