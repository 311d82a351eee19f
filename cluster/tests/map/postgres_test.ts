// End-to-end: `corral map --cluster` over PostgreSQL.
import { assertEquals } from "@std/assert";
import { corral, ndjson } from "../../../tests/helpers/programs/corral.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { clusterFlags, clusterPermissions } from "../helpers/map_flags.ts";
import { NO_POSTGRES, startPostgres } from "../helpers/postgres_server.ts";

const RECORDS = new URL("../../../tests/fixtures/programs/map_records.ts", import.meta.url).pathname;

Deno.test("corral map --cluster works over PostgreSQL", { ignore: NO_POSTGRES !== undefined }, async () => {
  await using postgres = await startPostgres();
  await using _agent = await AgentProcess.start(postgres.url, { command: "corral agent", module: RECORDS, jobs: 1 });
  const records = Array.from({ length: 3000 }, (_, index) => index);
  const { code, results, stderr } = await corral(["map", `${RECORDS}#evenOnly`, ...clusterFlags(postgres.url)], {
    allow: clusterPermissions(postgres.url),
    stdin: ndjson(records),
  });
  assertEquals([code, results], [0, records.filter((record) => record % 2 === 0)], stderr);
});
