import { AgentProcess, type AgentProcessOptions } from "./agent_process.ts";
import { RedisServer } from "./redis_server.ts";

/** What the tests of a file share. */
export interface StartedGroup {
  readonly redis: RedisServer;
  readonly agent: AgentProcess;
  /** Where tasks may leave notes. */
  readonly folder: string;
}

/** Starts a Redis and an agent, and makes a folder for notes. They are gone when `stack` is disposed of. */
export async function startGroup(
  stack: AsyncDisposableStack,
  optionsOf: (folder: string) => AgentProcessOptions,
): Promise<StartedGroup> {
  const folder = await Deno.makeTempDir({ prefix: "corral-notes-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const redis = stack.use(await RedisServer.start());
  const agent = stack.use(await AgentProcess.start(redis.url, optionsOf(folder)));
  return { redis, agent, folder };
}
