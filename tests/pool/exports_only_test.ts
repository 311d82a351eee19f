// End-to-end: a pool whose workers compile no text.
import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { FunctionNotFoundError, Pool } from "../../mod.ts";
import * as compute from "../fixtures/tasks/compute.ts";

const module = import.meta.resolve("../fixtures/tasks/compute.ts");

Deno.test('Pool with functions: "exports" runs exports, by name and by value, and built-ins', async () => {
  await using pool = new Pool<typeof compute>({ workers: 1, module, functions: "exports" });
  assertEquals(await pool.apply("square", [3]), 9);
  assertEquals(await pool.apply(compute.square, [4]), 16);
  assertEquals(await pool.apply(Math.sqrt, [49]), 7);
});

Deno.test('Pool with functions: "exports" refuses what is sent as text, and stays usable', async () => {
  await using pool = new Pool({ workers: 1, module, functions: "exports" });
  const error = await pool.apply((x: number) => x + 1, [1]).catch((error) => error);
  assertInstanceOf(error, FunctionNotFoundError);
  assertStringIncludes(error.message, "it is not an export of the module, and this worker compiles no text; export it");
  assertEquals(await pool.map(Math.abs, [-1, -2]), [1, 2]);
});
