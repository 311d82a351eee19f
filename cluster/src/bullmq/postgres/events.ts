/**
 * Reads a queue's events from BullMQ's table in PostgreSQL.
 *
 * BullMQ's own reader asks for what has a higher number than the last it saw. Numbers are given out before transactions commit, so that an
 * event can become visible after one with a higher number, and is then never read: of every hundred, several were lost
 * (docs/cluster.md). This one remembers the numbers that it has not seen, and asks for them again for a while.
 *
 * A notice may be missing too, BullMQ gives one for several events: it looks again a moment after each.
 */
import type { PgPool, PgPoolClient } from "bullmq";
import { within } from "../../clock.ts";

const BATCH = 500;
const CLOSE_LIMIT_MS = 2000;
/** As long as a number may be missing: no transaction of BullMQ takes longer. */
const MISSING_MS = 10_000;
/** Of a schema that others use as well, many numbers are not of this queue. */
const MOST_MISSING = 5000;
const AGAIN_MS = 20;
const RETRY_MS = 500;
const QUIET_MS = 1000;

/** An event: its name, and what it says. */
export type EventHandler = (event: string, data: Readonly<Record<string, unknown>>) => void;

/** Where its connections come from: the one that listens is its own for as long as it lasts. */
export interface EventPools {
  readonly ask: PgPool;
  readonly listen: PgPool;
}

/** Reads one queue's events until it is closed. */
export class PostgresEvents {
  readonly #pools: EventPools;
  readonly #queue: string;
  readonly #handle: EventHandler;
  readonly #missing = new Map<number, number>();
  #cursor = 0;
  #client: PgPoolClient | undefined;
  #release: () => void = () => {};
  #wake = Promise.withResolvers<void>();
  #closed = false;
  readonly #closing = Promise.withResolvers<void>();
  #ended: Promise<void> | undefined;

  constructor(pools: EventPools, queue: string, handle: EventHandler) {
    this.#pools = pools;
    this.#queue = queue;
    this.#handle = handle;
  }

  /** Resolves when events from now on are read. */
  async start(): Promise<void> {
    await this.#listen();
    this.#cursor = await this.#lastNumber();
    // What is being written now has a number that is not higher.
    const now = performance.now();
    for (let id = Math.max(1, this.#cursor - BATCH); id <= this.#cursor; id++) this.#missing.set(id, now);
    await this.#read(() => {});
    this.#ended = this.#run();
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.resolve();
    this.#wake.resolve();
    if (this.#ended !== undefined) await within(CLOSE_LIMIT_MS, this.#ended);
    this.#release();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        if (this.#client === undefined) await this.#listen();
        // Before it reads: a notice that comes meanwhile must not be lost.
        this.#wake = Promise.withResolvers();
        if (this.#closed) return;
        const count = await this.#read(this.#handle);
        if (count === 0) await this.#rewind();
        if (count < BATCH) await within(count > 0 ? AGAIN_MS : QUIET_MS, this.#wake.promise);
      } catch {
        // The connection was lost: a new one is made.
        await within(RETRY_MS, this.#closing.promise);
      }
    }
  }

  async #lastNumber(): Promise<number> {
    const { rows: [row] } = await this.#pools.ask.query<{ last: string }>("SELECT last_value AS last FROM event_seq");
    return Number(row!.last);
  }

  /** The numbers begin again in a server that has lost its data. */
  async #rewind(): Promise<void> {
    if (await this.#lastNumber() >= this.#cursor) return;
    this.#cursor = 0;
    this.#missing.clear();
  }

  async #read(handle: EventHandler): Promise<number> {
    const missing = [...this.#missing.keys()];
    const { rows } = await this.#pools.ask.query<{ id: string; event: string; data: Record<string, unknown> }>(
      `SELECT id, event, data FROM event WHERE queue = $1 AND (id > $2 OR id = ANY($3::bigint[])) ORDER BY id LIMIT ${BATCH}`,
      [this.#queue, this.#cursor, missing],
    );
    const now = performance.now();
    for (const { id, event, data } of rows) {
      const number = Number(id);
      this.#missing.delete(number);
      const first = Math.max(this.#cursor + 1, number - MOST_MISSING);
      for (let between = first; between < number; between++) this.#missing.set(between, now);
      this.#cursor = Math.max(this.#cursor, number);
      handle(event, data ?? {});
    }
    for (const [id, since] of this.#missing) {
      if (now - since < MISSING_MS && this.#missing.size <= MOST_MISSING) break;
      this.#missing.delete(id);
    }
    return rows.length;
  }

  async #listen(): Promise<void> {
    const client = await this.#pools.listen.connect();
    // It may have been closed meanwhile: nobody would give this one back.
    if (this.#closed) return client.release(true);
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      client.release(true);
    };
    // Of a connection that is cut, more than one error comes.
    client.on("error", () => {
      if (this.#client === client) this.#client = undefined;
      release();
    });
    this.#release = release;
    client.on("notification", ({ payload }) => {
      if (payload === this.#queue) this.#wake.resolve();
    });
    try {
      await client.query("LISTEN bullmq_events");
    } catch (error) {
      release();
      throw error;
    }
    this.#client = client;
  }
}
