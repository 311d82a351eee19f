import { DatabaseSync } from "node:sqlite";
import type { Position } from "./nearest.ts";

/** The positions in a SQLite file, row by row. Makes them first if they are not there. */
export function* sqlitePositions(path: string, count: number): Iterable<Position> {
  using database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE IF NOT EXISTS positions (id INTEGER PRIMARY KEY, latitude REAL, longitude REAL);
    WITH RECURSIVE ids(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < ${count})
    INSERT INTO positions
      SELECT id, id * 7919 % 1801 / 10.0 - 90, id * 6007 % 3600 / 10.0 - 180
      FROM ids WHERE NOT EXISTS (SELECT 1 FROM positions);
  `);
  const rows = database.prepare("SELECT latitude, longitude FROM positions ORDER BY id");
  yield* rows.iterate() as Iterable<unknown> as Iterable<Position>;
}
