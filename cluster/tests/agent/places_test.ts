// End-to-end: agents that are started in folders, and of modules, whose names mean something else in a URL.
import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { AgentProcess } from "../helpers/agent_process.ts";
import { Caller } from "../helpers/caller.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";

const options = { ignore: NO_REDIS !== undefined };

Deno.test("an agent finds its module in any folder, whatever the names of both", options, async () => {
  await using redis = await RedisServer.start();
  const parent = await Deno.makeTempDir({ prefix: "corral-places-" });
  const folder = `${parent}/run #1, 50%20 of?it`;
  const file = "tasks #2 %41?.js";
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/${file}`, "export const where = () => 'here';");
  await using _agent = await AgentProcess.start(redis.url, { jobs: 1, module: file, cwd: folder });
  await using caller = new Caller(redis.url, { module: pathToFileURL(`${folder}/${file}`).href });
  assertEquals(await caller.call("where", []), "here");
  await Deno.remove(parent, { recursive: true });
});
