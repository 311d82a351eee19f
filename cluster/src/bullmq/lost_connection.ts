import type { PgPool } from "bullmq";

/** PostgreSQL's codes for "the server ends" and for "the connection is gone", and the system's. */
const LOST = /^(57P0[123]|08[0-9A-Z]{3}|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT)$/;
/** What `pg` says by itself, without a code. */
const LOST_MESSAGE = /^(Connection terminated|Client has encountered a connection error)/;

/**
 * Has BullMQ see that a connection was lost: it then tries again. It knows that by Redis' code alone; any other error fails the job whose answer
 * it was about to write down. What is written twice is refused the second time, since the job is not active any more.
 */
export function tellLostConnections(pool: PgPool): PgPool {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  const telling = async (...args: unknown[]): Promise<unknown> => {
    try {
      return await query(...args);
    } catch (error) {
      const { code = "", message } = error as { code?: string; message: string };
      if (!LOST.test(code) && !LOST_MESSAGE.test(message)) throw error;
      throw Object.assign(new Error(message, { cause: error }), { code: "ECONNREFUSED" });
    }
  };
  return Object.assign(pool, { query: telling as PgPool["query"] });
}
