// End-to-end: many rows of a database through imap, run as a user runs it.
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { findPostgres, PostgresServer } from "../../helpers/servers/postgres_server.ts";
import { linesOf } from "../../helpers/programs/run_example.ts";

/** Half of what the example takes by itself. */
const SQLITE_ROWS = 500_000;
/** Enough to see that another database gives the same: the rows cost more to read than to work on. */
const POSTGRES_ROWS = 50_000;
/** About 110 are used; a program that holds all rows of the SQLite file uses 320. */
const MAX_MIB = 256;
/** The cities of the example, latitude and longitude. */
const CITIES = [[35.68, 139.69], [28.61, 77.21], [31.23, 121.47], [-23.55, -46.63], [19.43, -99.13], [30.04, 31.24]];

Deno.test("examples/cursor works through half a million rows of a SQLite file in constant memory", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    checkOutput(
      await linesOf("cursor", { args: [`${folder}/positions.sqlite`, String(SQLITE_ROWS)], flags }),
      SQLITE_ROWS,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const bin = await findPostgres();

Deno.test({
  name: `examples/cursor works through the rows of a PostgreSQL cursor in constant memory${
    bin === undefined ? " (skipped: no PostgreSQL server is installed, apt-get install postgresql)" : ""
  }`,
  ignore: bin === undefined,
  async fn() {
    await using server = await PostgresServer.start(bin!);
    const flags = ["--allow-net=127.0.0.1", "--allow-env=PG*"];
    checkOutput(await linesOf("cursor", { args: [server.url, String(POSTGRES_ROWS)], flags }), POSTGRES_ROWS);
  },
});

function checkOutput(lines: readonly string[], rows: number): void {
  const reports = lines.slice(0, 5).map((line) => /^(\d+) rows, resident memory (\d+) MiB$/.exec(line)!);
  assertEquals(reports.map(([, done]) => Number(done)), [1, 2, 3, 4, 5].map((fifths) => fifths * rows / 5));
  for (const [line, , mebibytes] of reports) assertLess(Number(mebibytes), MAX_MIB, line);
  assertMatch(lines[5]!, new RegExp(`^${rows} positions in \\d+\\.\\d s$`));

  const [, mean, largest] = /^To the nearest city: (\S+) km on average, (\S+) km at most$/.exec(lines[6]!)!;
  const expected = distances(rows);
  assert(Math.abs(Number(mean) - expected.mean) < 0.001, `${mean} is not ${expected.mean}`);
  assert(Math.abs(Number(largest) - expected.largest) < 0.001, `${largest} is not ${expected.largest}`);
  assertEquals(lines.length, 7);
}

/** The same numbers by another formula, the haversine. */
function distances(rows: number): { mean: number; largest: number } {
  let [sum, largest] = [0, 0];
  for (let id = 1; id <= rows; id++) {
    const [latitude, longitude] = [id * 7919 % 1801 / 10 - 90, id * 6007 % 3600 / 10 - 180];
    const nearest = CITIES.reduce(
      (least, [lat, lon]) => Math.min(least, haversine(latitude, longitude, lat!, lon!)),
      1,
    );
    const km = 2 * 6371 * Math.asin(Math.sqrt(nearest));
    sum += km;
    largest = Math.max(largest, km);
  }
  return { mean: sum / rows, largest };
}

function haversine(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const radians = Math.PI / 180;
  return Math.sin((lat2 - lat1) * radians / 2) ** 2 +
    Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * Math.sin((lon2 - lon1) * radians / 2) ** 2;
}
