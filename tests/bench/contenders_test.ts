// End-to-end
import { assert, assertEquals } from "@std/assert";
import { contenderOf } from "../../bench/peers/contenders.ts";
import { isInstalled } from "../../bench/peers/install.ts";
import { type Row, rows } from "../../bench/peers/rows.ts";
import { canRun, runContender, runTogether } from "../../bench/peers/run_contender.ts";

/** Runs the rows of a contender, one after the other, at sizes that only show that they work. Returns what is not a number. */
async function outcomesOf(id: string, wanted: (row: Row) => boolean): Promise<Record<string, string>> {
  const own = rows.filter((row) => row.contenders.includes(id) && isUnbound(row) && wanted(row));
  const measured = await runTogether(contenderOf(id), own.map((row) => [row, row.tiny]));
  const outcomes: Record<string, string> = {};
  for (const [at, { samples, outcome }] of measured.entries()) {
    const row = own[at]!.id;
    if (outcome !== undefined) outcomes[row] = outcome;
    else assert(samples.length > 0 && samples.every(Number.isFinite), `${row}: ${samples}`);
  }
  assertEquals(measured.length, own.length, JSON.stringify(outcomes));
  return outcomes;
}

/** One that is bound to a processor is another row but for that. */
const isUnbound = ({ processor }: Row) => processor === undefined;

Deno.test("corral runs every row", async () => {
  assertEquals(await outcomesOf("corral", () => true), {
    losses: "18 of 18 others done, 0 failed, 0 calls never settle",
  });
});

Deno.test({
  name: "a row runs on one processor",
  ignore: !await canRun("taskset"),
  fn: async () => {
    const row = rows.find((row) => !isUnbound(row))!;
    const { samples, outcome } = await runContender(contenderOf("corral"), row, row.tiny);
    assertEquals([samples.length, outcome], [row.tiny.count, undefined]);
  },
});

Deno.test("the rows without a pool run", async () => {
  assertEquals(await outcomesOf("bare", () => true), {});
  assertEquals(await outcomesOf("bare-deno", () => true), {});
  assertEquals(await outcomesOf("bare-each", () => true), {});
});

const hasPython = await canRun("python3");

Deno.test({
  name: "CPython's pools run, and the executor breaks with its worker",
  ignore: !hasPython,
  fn: async () => {
    // Its recovery row is the one that hangs.
    assertEquals(await outcomesOf("cpython-pool", ({ id }) => !["recovery", "losses"].includes(id)), {});
    assertEquals(await outcomesOf("cpython-executor", ({ id }) => ["burst", "recovery"].includes(id)), {
      recovery: "breaks",
    });
  },
});

const hasPeers = await canRun("node") && await isInstalled();
const SAMPLE = ["burst", "bytes", "records"];

for (const id of ["tinypool", "workerpool", "jest-worker", "piscina", "poolifier"]) {
  Deno.test({
    name: `${id} gives right results`,
    ignore: !hasPeers,
    fn: async () => {
      assertEquals(await outcomesOf(id, ({ id }) => SAMPLE.includes(id)), {});
    },
  });
}
