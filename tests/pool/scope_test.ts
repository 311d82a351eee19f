// Kind: end-to-end. The end of an `await using` scope.
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { CancelledError, Pool } from "../../mod.ts";
import { within } from "../helpers/clock.ts";

Deno.test("an error that leaves the scope of a pool shows when scopeTimeoutMs is over, whatever still runs", async () => {
  let endless: Promise<unknown> | undefined;
  const leave = async (): Promise<void> => {
    await using pool = new Pool({ workers: 1, scopeTimeoutMs: 50, killGraceMs: 0 });
    const loop = (): void => {
      while (true);
    };
    endless = pool.apply(loop).catch((error) => error);
    await pool.ready();
    throw new Error("the program failed");
  };
  await within(30_000, () => assertRejects(leave, Error, "the program failed"));
  assertInstanceOf(await endless, CancelledError);
});

Deno.test("the end of a scope lets accepted work finish, also with scopeTimeoutMs", async () => {
  let result: Promise<number> | undefined;
  {
    await using pool = new Pool({ workers: 1, scopeTimeoutMs: 60_000 });
    result = pool.apply(Math.sqrt, [16]);
  }
  assertEquals(await result, 4);
});
