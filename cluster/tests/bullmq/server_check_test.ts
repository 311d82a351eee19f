// Unit: when a server is looked at again.
import { assertEquals, assertRejects } from "@std/assert";
import type { Checked } from "../../src/bullmq/engine.ts";
import { ServerCheck } from "../../src/bullmq/server_check.ts";

/** A check, and the looks that it has begun, to be ended by the test. */
function scripted(): { check: ServerCheck; looks: PromiseWithResolvers<Checked>[] } {
  const looks: PromiseWithResolvers<Checked>[] = [];
  const check = new ServerCheck(() => {
    const look = Promise.withResolvers<Checked>();
    looks.push(look);
    return look.promise;
  });
  return { check, looks };
}

const FIT = { link: {} as never, clockOffsetMs: 7 };

Deno.test("ServerCheck begins to look at once, and looks once at a server that is fit", async () => {
  const { check, looks } = scripted();
  assertEquals(looks.length, 1);
  const [first, second] = [check.found(), check.found()];
  looks[0]!.resolve(FIT);
  assertEquals([await first, await second, await check.found()], [FIT, FIT, FIT]);
  assertEquals(looks.length, 1);
});

Deno.test("ServerCheck looks again for the caller that asks after a failure, and once for all that ask meanwhile", async () => {
  const { check, looks } = scripted();
  looks[0]!.reject(new Error("out of reach"));
  await assertRejects(() => check.found(), Error, "out of reach");
  const [first, second] = [check.found(), check.found()];
  assertEquals(looks.length, 2);
  looks[1]!.resolve(FIT);
  assertEquals([await first, await second], [FIT, FIT]);
});

Deno.test("ServerCheck looks no more when it is closed", async () => {
  const { check, looks } = scripted();
  looks[0]!.reject(new Error("out of reach"));
  await assertRejects(() => check.found(), Error, "out of reach");
  check.close();
  await assertRejects(() => check.found(), Error, "out of reach");
  assertEquals(looks.length, 1);
});
