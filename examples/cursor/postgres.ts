import postgres from "postgres";
import type { Position } from "./nearest.ts";

/** How many rows the server sends at a time. */
const FETCHED_ROWS = 10_000;

/** The positions in a PostgreSQL database, through a cursor. Makes them first if they are not there. */
export async function* postgresPositions(url: string, count: number): AsyncIterable<Position> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`CREATE TABLE IF NOT EXISTS positions (id int PRIMARY KEY, latitude float8, longitude float8)`;
    await sql`INSERT INTO positions
      SELECT id, id * 7919 % 1801 / 10.0 - 90, id * 6007 % 3600 / 10.0 - 180
      FROM generate_series(1, ${count}::bigint) AS id WHERE NOT EXISTS (SELECT 1 FROM positions)`;
    const rows = sql<Position[]>`SELECT latitude, longitude FROM positions ORDER BY id`;
    for await (const some of rows.cursor(FETCHED_ROWS)) yield* some;
  } finally {
    await sql.end();
  }
}
