/** End-to-end: a worker sends values whose prototypes are those of another realm, such as of node:vm, and know nothing of the library. */
import { assertEquals } from "@std/assert";
import { withInvariants } from "../../helpers/pools/invariants.ts";

/** Each kind of value travels by another way. */
const VALUES: Record<string, unknown> = {
  "Array.from({ length: 3000 }, (_, id) => ({ id, tags: ['a', 'b'] }))": Array.from(
    { length: 3000 },
    (_, id) => ({ id, tags: ["a", "b"] }),
  ),
  "Array.from({ length: 3000 }, (_, id) => ({ at: new Date(id) }))": Array.from(
    { length: 3000 },
    (_, id) => ({ at: new Date(id) }),
  ),
  "[Array.from({ length: 600 }, (_, id) => id), 'beside']": [Array.from({ length: 600 }, (_, id) => id), "beside"],
  "[['x'.repeat(50_000)], { a: 'y'.repeat(50_000) }]": [["x".repeat(50_000)], { a: "y".repeat(50_000) }],
  "[1, , [undefined], 5n]": [1, , [undefined], 5n],
  "new Map([[1, new Set([[2]])]])": new Map([[1, new Set([[2]])]]),
  "new AggregateError([new TypeError('a')], 'b', { cause: [1] })": new AggregateError([new TypeError("a")], "b", {
    cause: [1],
  }),
  "[new Uint8Array([1, 2, 3]).subarray(1), new DataView(new ArrayBuffer(2)), /a/g]": [
    new Uint8Array([2, 3]),
    new DataView(new ArrayBuffer(2)),
    /a/g,
  ],
};

const make = async (code: string): Promise<unknown> => (await import("node:vm")).runInNewContext(code);

Deno.test("a worker sends what was made in another realm, alone and as results of a map", () =>
  withInvariants({ workers: 1 }, async (pool) => {
    for (const [code, expected] of Object.entries(VALUES)) {
      assertEquals(await pool.apply(make, [code]), expected, code);
      assertEquals(await pool.map(make, [code, code], { chunkSize: 2 }), [expected, expected], code);
    }
  }));
