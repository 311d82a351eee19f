// End-to-end
import { assert, assertEquals } from "@std/assert";
import { contenderOf } from "../../bench/peers/contenders.ts";
import { isInstalled } from "../../bench/peers/install.ts";
import { rows } from "../../bench/peers/rows.ts";
import { canRun, runContender } from "../../bench/peers/run_contender.ts";

const AT_ONCE = 3;

const hasTaskset = await canRun("taskset");

/** Runs the rows of a contender at sizes that only show that they work. Returns what is not a number. */
async function outcomesOf(id: string, wanted: (row: string) => boolean): Promise<Record<string, string>> {
  const contender = contenderOf(id);
  const left = rows.filter(({ id: row, contenders, processor }) =>
    contenders.includes(id) && wanted(row) && (processor === undefined || hasTaskset)
  );
  const outcomes: Record<string, string> = {};
  const next = async (): Promise<void> => {
    for (let row; (row = left.shift()) !== undefined;) {
      const { samples, outcome } = await runContender(contender, row, row.tiny);
      if (outcome !== undefined) outcomes[row.id] = outcome;
      else assert(samples.length > 0 && samples.every(Number.isFinite), `${row.id}: ${samples}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return outcomes;
}

Deno.test("corral runs every row", async () => {
  assertEquals(await outcomesOf("corral", () => true), {
    losses: "18 of 18 others done, 0 failed, 0 calls never settle",
  });
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
    assertEquals(await outcomesOf("cpython-pool", (row) => row !== "recovery" && row !== "losses"), {});
    assertEquals(await outcomesOf("cpython-executor", (row) => row === "burst" || row === "recovery"), {
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
      assertEquals(await outcomesOf(id, (row) => SAMPLE.includes(row)), {});
    },
  });
}
