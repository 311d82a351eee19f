// End-to-end. Maps that give an outcome for each item.
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { WorkerExitError } from "../../../mod.ts";
import * as compute from "../../fixtures/tasks/compute.ts";
import { assertServes, withPool } from "../../helpers/pools/with_pool.ts";

Deno.test("Pool.map() with settle gives an outcome for each item, whatever becomes of the others", () =>
  withPool({ workers: 2 }, async (pool) => {
    const odd = (x: number): number => {
      if (x % 3 === 0) throw new RangeError(`not ${x}`);
      if (x === 7) Deno.exit(7);
      return x * x;
    };
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const chunkSize of [1, 3]) {
      const outcomes = await pool.map(odd, items, { settle: true, chunkSize });
      assertEquals(outcomes.length, 8);
      for (const [index, outcome] of outcomes.entries()) {
        const item = items[index]!;
        const lost = chunkSize === 1 ? item === 7 : item >= 7;
        if (lost) {
          assertEquals(outcome.status, "rejected");
          assertInstanceOf((outcome as PromiseRejectedResult).reason, WorkerExitError);
        } else if (item % 3 === 0) {
          assertInstanceOf((outcome as PromiseRejectedResult).reason, RangeError);
        } else {
          assertEquals(outcome, { status: "fulfilled", value: item * item });
        }
      }
    }
    const sums = await pool.starmap(compute.add, [[1, 2], [3, 4]], { settle: true });
    assertEquals(sums, [{ status: "fulfilled", value: 3 }, { status: "fulfilled", value: 7 }]);
    const unsendable = await pool.map(String, [1, () => {}, 3], { settle: true });
    assertEquals(unsendable.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    assertStringIncludes(`${(unsendable[1] as PromiseRejectedResult).reason.path}`, "$[1]");
    await assertServes(pool);
  }));

Deno.test("Pool.map() with settle rejects for anything that is not an item's own", () =>
  withPool({ workers: 1 }, async (pool) => {
    const reason = new Error("enough");
    const aborted = AbortSignal.abort(reason);
    await assertRejects(() => pool.map(compute.square, [1], { settle: true, signal: aborted }), Error, "enough");
    const broken = (function* () {
      yield 1;
      throw new Error("the input's fault");
    })();
    await assertRejects(() => pool.map(compute.square, broken, { settle: true }), Error, "the input's fault");
    await assertServes(pool);
  }));

Deno.test("Pool.starmap() with settle rejects an item that is not a list of arguments, and calls with the others", () =>
  withPool({ workers: 1 }, async (pool) => {
    const items = [[1, 2], 5, [3, 4], null, [5, 6]] as unknown as [number, number][];
    for (const chunkSize of [1, 2, 5]) {
      const ended: [number, boolean][] = [];
      const options = {
        settle: true,
        chunkSize,
        onItem: ({ index, ok }: { index: number; ok: boolean }) => ended.push([index, ok]),
      } as const;
      const outcomes = await pool.starmap(compute.add, items, options);
      assertEquals(outcomes.map((outcome) => outcome.status === "fulfilled" ? outcome.value : outcome.reason.message), [
        3,
        "Cannot call: item 1 is a number, a list of arguments is wanted",
        7,
        "Cannot call: item 3 is null, a list of arguments is wanted",
        11,
      ]);
      assertEquals(ended.sort(([a], [b]) => a - b), [[0, true], [1, false], [2, true], [3, false], [4, true]]);
    }
  }));
