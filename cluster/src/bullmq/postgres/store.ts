/** Where large pieces lie when the server is PostgreSQL: two tables beside BullMQ's. */
import type { Buffer } from "node:buffer";
import type { PgPool } from "bullmq";
import type { Letter } from "../../message/letter.ts";
import { type Claim, isPiece, type Piece } from "../../message/parcel.ts";
import type { Store } from "../engine.ts";

/** Makes the tables. Rows have no end by themselves: a member that puts one takes away those whose time is over, once a minute. */
export const STORE_TABLES = `
CREATE TABLE IF NOT EXISTS corral_piece (
  name text PRIMARY KEY, bytes bytea NOT NULL, ends_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS corral_piece_end ON corral_piece (ends_at);
CREATE TABLE IF NOT EXISTS corral_answer (
  name text PRIMARY KEY, letter text NOT NULL, ends_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS corral_answer_end ON corral_answer (ends_at);`;

/** Where it is there, all others are. */
export const LAST_TABLE = "corral_answer";

const CLEAN_MS = 60_000;

/** Pieces on shelves, in a table. */
export class PostgresStore implements Store {
  readonly #pool: Pick<PgPool, "query">;
  readonly #group: string;
  readonly #ttl: string;
  #cleanedAt = -Infinity;

  constructor(pool: Pick<PgPool, "query">, group: string, ttlMs: number) {
    this.#pool = pool;
    this.#group = group;
    this.#ttl = `${Math.ceil(Math.min(ttlMs, 2 ** 40))} milliseconds`;
  }

  async put(shelf: string, pieces: readonly Piece[]): Promise<void> {
    await this.#clean();
    const names = pieces.map(({ hash }) => this.#name(shelf, hash));
    const { rows } = await this.#pool.query<{ name: string }>(
      "UPDATE corral_piece SET ends_at = now() + $2::interval WHERE name = ANY($1) RETURNING name",
      [names, this.#ttl],
    );
    const there = new Set(rows.map(({ name }) => name));
    await Promise.all(pieces.flatMap(({ bytes }, index) => {
      if (there.has(names[index]!)) return [];
      return [this.#pool.query(
        `INSERT INTO corral_piece VALUES ($1, $2, now() + $3::interval)
         ON CONFLICT (name) DO UPDATE SET ends_at = EXCLUDED.ends_at`,
        [names[index], bytes, this.#ttl],
      )];
    }));
  }

  async get(shelf: string, claim: Claim): Promise<Uint8Array | undefined> {
    const { rows: [row] } = await this.#pool.query<{ bytes: Buffer }>(
      "SELECT bytes FROM corral_piece WHERE name = $1 AND ends_at > now()",
      [this.#name(shelf, claim[0])],
    );
    if (row === undefined) return undefined;
    // A buffer of its own: typed arrays are made of it, which must begin at a multiple of their items' size.
    const bytes = new Uint8Array(row.bytes);
    return isPiece(claim, bytes) ? bytes : undefined;
  }

  async drop(shelf: string, hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) return;
    const names = hashes.map((hash) => this.#name(shelf, hash));
    await this.#pool.query("DELETE FROM corral_piece WHERE name = ANY($1)", [names]);
  }

  async keepAnswer(name: string, letter: Letter): Promise<void> {
    await this.#pool.query(
      "INSERT INTO corral_answer VALUES ($1, $2, now() + $3::interval) ON CONFLICT (name) DO NOTHING",
      [this.#name("answers", name), JSON.stringify(letter), this.#ttl],
    );
  }

  async keptAnswer(name: string): Promise<unknown> {
    const { rows: [row] } = await this.#pool.query<{ letter: string }>(
      "SELECT letter FROM corral_answer WHERE name = $1 AND ends_at > now()",
      [this.#name("answers", name)],
    );
    try {
      return row && JSON.parse(row.letter);
    } catch {
      return undefined;
    }
  }

  async #clean(): Promise<void> {
    if (performance.now() - this.#cleanedAt < CLEAN_MS) return;
    this.#cleanedAt = performance.now();
    await this.#pool.query("DELETE FROM corral_piece WHERE ends_at < now()");
    await this.#pool.query("DELETE FROM corral_answer WHERE ends_at < now()");
  }

  #name(shelf: string, key: string): string {
    return `${this.#group}:${shelf}:${key}`;
  }
}
