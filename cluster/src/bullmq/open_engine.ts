import { type EngineAddress, type RedisTls, shownAddress, shownText } from "./address.ts";
import type { ConnectionOptions, EngineConnection } from "./engine.ts";
import { RedisConnection } from "./redis/connection.ts";
import { PostgresConnection } from "./postgres/connection.ts";

const POSTGRES = ["postgres:", "postgresql:"];
/** What an address may say of certificates. `pg` would take it for all that is to be said of TLS, and forget an authority that is given beside. */
const CERTIFICATE_FILES = ["sslcert", "sslkey", "sslrootcert"];

/** Checks an address. Throws TypeError. */
export function postgresAddress(url: string, tls: RedisTls | undefined): EngineAddress {
  if (!isPostgres(url)) {
    throw new TypeError(
      `Cannot use ${shownText(url)} as the address of PostgreSQL: "postgres://user@host:5432/database" is wanted`,
    );
  }
  const address = { url, tls };
  const { searchParams } = new URL(url);
  const file = tls && CERTIFICATE_FILES.find((name) => searchParams.has(name));
  if (file === undefined) return address;
  throw new TypeError(
    `Cannot use PostgreSQL at ${
      shownAddress(address)
    }: certificates stand in its address ("${file}") and beside it, in "tls" or --ca-file; ` +
      `name all of them in one place`,
  );
}

/** Connects a member in the background. */
export function openEngine(options: ConnectionOptions): EngineConnection {
  return isPostgres(options.address.url) ? new PostgresConnection(options) : new RedisConnection(options);
}

function isPostgres(url: string): boolean {
  return typeof url === "string" && URL.canParse(url) && POSTGRES.includes(new URL(url).protocol);
}
