// End-to-end: an agent whose files change after its start.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AgentProcess } from "../helpers/agent_process.ts";
import { Caller } from "../helpers/caller.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";

const options = { ignore: NO_REDIS !== undefined };
const FILES = {
  module: "export const version = () => 1; export const exit = () => Deno.exit(3);",
  changed: "export const version = () => 2;",
  broken: "export const version = ;",
};

for (const change of ["changed", "broken"] as const) {
  Deno.test(
    `an agent whose files are ${change} after its start: no new worker of it answers, and it ends`,
    options,
    async () => {
      await using redis = await RedisServer.start();
      const folder = await Deno.makeTempDir({ prefix: "corral-code-" });
      for (const place of ["client", "a", "b"]) {
        await Deno.mkdir(`${folder}/${place}`);
        await Deno.writeTextFile(`${folder}/${place}/mod.js`, FILES.module);
      }
      await using first = await AgentProcess.start(redis.url, { name: "a", jobs: 1, module: `${folder}/a/mod.js` });
      await using caller = new Caller(redis.url, { module: `file://${folder}/client/mod.js` });
      assertEquals(await caller.call("version", []), 1);
      await Deno.writeTextFile(`${folder}/a/mod.js`, FILES[change]);
      // The worker that was there before has the right code.
      assertEquals(await caller.call("version", []), 1);
      assertEquals((await caller.error("exit", [])).exitCode, 3);
      const calls = Array.from({ length: 10 }, () => caller.start("version", [], { retries: 1 }));
      await using _second = await AgentProcess.start(redis.url, { name: "b", jobs: 1, module: `${folder}/b/mod.js` });
      assertEquals(await Promise.all(calls.map(({ result }) => result)), Array(10).fill(1));
      assertEquals((await first.status).code, 1);
      assertStringIncludes(await first.output, "corral-agent ends: its files have changed since it started");
      assert(caller.settledTwice.length === 0);
      await Deno.remove(folder, { recursive: true });
    },
  );
}
