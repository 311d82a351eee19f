import type { PgPool } from "bullmq";
import { within } from "../clock.ts";

/**
 * PostgreSQL's codes for "the server ends", "the connection was idle for too long", by itself or in a transaction, "the connection is gone", "too many
 * connections" and "only reads are allowed" (a standby that is not the primary yet), and the system's.
 */
const LOST =
  /^(57P0[1235]|25P0[34]|08[0-9A-Z]{3}|53300|25006|E(CONN(RESET|REFUSED|ABORTED)|PIPE|TIMEDOUT|(HOST|NET)(UNREACH|DOWN)|NETRESET|AI_AGAIN|NOTFOUND))$/;
/** What `pg` says by itself, without a code. */
const LOST_MESSAGE = /^(Connection terminated|Client has encountered a connection error)/;
/** The code by which BullMQ knows a lost connection. */
const TOLD = "ECONNREFUSED";
const RETRY_MS = 500;

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
      throw Object.assign(new Error(message, { cause: error }), { code: TOLD });
    }
  };
  return Object.assign(pool, { query: telling as PgPool["query"] });
}

/** Asks a pool whose lost connections are told, again and again while the connection is away, until it closes. For statements that may run twice. */
export function askAgain(pool: PgPool, closing: Promise<void>): Pick<PgPool, "query"> {
  let isClosed = false;
  void closing.then(() => {
    isClosed = true;
  });
  const query = pool.query as (...args: unknown[]) => Promise<unknown>;
  const asking = async (...args: unknown[]): Promise<unknown> => {
    for (;;) {
      try {
        return await query(...args);
      } catch (error) {
        if ((error as { code?: string }).code !== TOLD || isClosed) throw error;
        await within(RETRY_MS, closing);
      }
    }
  };
  return { query: asking as PgPool["query"] };
}
