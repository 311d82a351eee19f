// Kind: end-to-end. The end of an `await using` scope.
import { assertEquals, assertRejects } from "@std/assert";
import { CancelledError, Pool } from "../../mod.ts";
import { loopForever } from "../fixtures/loop_forever.ts";
import { within } from "../helpers/clock.ts";

Deno.test("an error that leaves the scope of a pool shows when scopeTimeoutMs is over, whatever still runs", async () => {
  let endless: Promise<unknown> | undefined;
  const leave = async (): Promise<void> => {
    await using pool = new Pool({ workers: 1, scopeTimeoutMs: 50, killGraceMs: 0 });
    endless = pool.apply(loopForever).catch((error) => error);
    await pool.ready();
    throw new Error("the program failed");
  };
  await within(30_000, () => assertRejects(leave, Error, "the program failed"));
  assertEquals(await endless instanceof CancelledError, true);
});

Deno.test("the end of a scope lets accepted work finish, also with scopeTimeoutMs", async () => {
  let result: Promise<number> | undefined;
  {
    await using pool = new Pool({ workers: 1, scopeTimeoutMs: 60_000 });
    result = pool.apply(Math.sqrt, [16]);
  }
  assertEquals(await result, 4);
});
