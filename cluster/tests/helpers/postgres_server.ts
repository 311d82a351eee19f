/** A PostgreSQL of one test: its own process on a free loopback port, with its own folder. */
import { findPostgres, PostgresServer } from "../../../tests/helpers/servers/postgres_server.ts";
import type { Certificates } from "./redis_server.ts";

const BIN: string | undefined = await findPostgres();

/** Why tests that need PostgreSQL do not run here; nothing when they do. */
export const NO_POSTGRES: string | undefined = BIN === undefined
  ? "PostgreSQL is missing (apt-get install postgresql)"
  : undefined;

/** Starts one; with a certificate it speaks TLS too. */
export async function startPostgres(tls?: Certificates): Promise<PostgresServer> {
  return await PostgresServer.start(BIN!, tls);
}
