import { createPostgresBackend, type PgPool } from "bullmq";

/** How BullMQ's statements say which of their parameters is the time: by a machine's clock, in milliseconds since 1970. */
const TIMES = /\$(\d+) (?:now_ms|finished_on)\b/g;
const SERVER_TIME = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
/** The server's clock may go otherwise than this machine's by so much between two looks, and was not set by that. */
const DRIFT_MS = 1000;

/** A statement of BullMQ that takes the time from the server, whatever it is given. */
export function byServerTime(statement: string): string {
  const places = new Set(Array.from(statement.matchAll(TIMES), ([, place]) => place!));
  let text = statement;
  // What a statement is given, it must use.
  for (const place of places) {
    const uses = new RegExp(`\\$${place}(?!\\d)(?:::bigint)?`, "g");
    text = text.replaceAll(uses, () => `($${place}::bigint * 0 + ${SERVER_TIME})`);
  }
  return text;
}

/**
 * Has the ends of locks, and all that is compared with them, stand in the table by the server's clock (docs/decisions/cluster.md). BullMQ writes
 * them by the clock of each agent: one that is set would lose what it runs, or take what others run.
 */
export function useServerTime(pool: PgPool): PgPool {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  const texts = new Map<string, string>();
  const changed = (statement: string): string => {
    let text = texts.get(statement);
    if (text === undefined) {
      text = byServerTime(statement);
      // Others are of no interest, and may be many.
      if (text !== statement) texts.set(statement, text);
    }
    return text;
  };
  const asking = (statement: unknown, ...rest: unknown[]): Promise<unknown> =>
    query(typeof statement === "string" ? changed(statement) : statement, ...rest);
  return Object.assign(pool, { query: asking as PgPool["query"] });
}

/** BullMQ's backend, but that it does not look for lost jobs directly after the server's clock was set: all locks look over then, until they are renewed. */
export const openSteadyBackend: typeof createPostgresBackend = (...args) => {
  const backend = createPostgresBackend(...args);
  const clock = new SetClock(() => performance.now());
  const look = backend.moveStalledJobsToWait.bind(backend);
  backend.moveStalledJobsToWait = async () =>
    clock.wasSet(await serverTimeMs(backend.connection.pool)) ? [] : await look();
  return backend;
};

/** Milliseconds since 1970 by the server's clock. */
export async function serverTimeMs(pool: Pick<PgPool, "query">): Promise<number> {
  const { rows: [row] } = await pool.query<{ now: string }>(`SELECT ${SERVER_TIME} AS now`);
  return Number(row!.now);
}

/** Sees whether a clock was set since it was last looked at. */
export class SetClock {
  readonly #steady: () => number;
  #aheadMs: number | undefined;

  /** @param steady Milliseconds that never jump. */
  constructor(steady: () => number) {
    this.#steady = steady;
  }

  /** Whether it was set, or may have been: at the first look, nobody knows. */
  wasSet(nowMs: number): boolean {
    const before = this.#aheadMs;
    this.#aheadMs = nowMs - this.#steady();
    return before === undefined || Math.abs(this.#aheadMs - before) > DRIFT_MS;
  }
}
