// Contract. A cluster with one agent is a backend as any other, and a pool over it behaves as over the workers of this machine.
import { backendContract } from "../../tests/pool/backend_contract.ts";
import { poolContract } from "../../tests/pool/pool_contract.ts";
import { Cluster } from "../mod.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { NO_POSTGRES, startPostgres } from "./helpers/postgres_server.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { SECRET } from "./helpers/secret.ts";

const MODULE = import.meta.resolve("../../tests/fixtures/tasks/contract_tasks.ts");
/** Told to each cluster, which would else start a program to name the code. */
const CODE = "contract";

/** One agent for all tests: each finds it as the one before has left it. */
const group = new AsyncDisposableStack();
const urls = new Map<string, string>();

const SERVERS = {
  Redis: { missing: NO_REDIS, start: () => RedisServer.start() },
  PostgreSQL: { missing: NO_POSTGRES, start: () => startPostgres() },
} as const;

Deno.test.beforeAll(async () => {
  for (const [name, { missing, start }] of Object.entries(SERVERS)) {
    if (missing !== undefined) continue;
    const server = group.use(await start());
    group.use(
      await AgentProcess.start(server.url, { module: MODULE, flags: ["--allow-inline", "--code-version", CODE] }),
    );
    urls.set(name, server.url);
  }
});

Deno.test.afterAll(() => group.disposeAsync());

for (const [name, { missing }] of Object.entries(SERVERS)) {
  const ignore = missing !== undefined;
  backendContract(`ClusterBackend over ${name}`, {
    ignore,
    open: () => {
      const caller = new Caller(urls.get(name)!, { module: MODULE, codeVersion: CODE });
      return Promise.resolve({ backend: caller.backend, release: () => caller[Symbol.asyncDispose]() });
    },
  });

  poolContract(`Pool over a cluster over ${name}`, {
    ignore,
    open: () => {
      const url = urls.get(name)!;
      const cluster = new Cluster({
        ...(name === "Redis" ? { redis: url } : { postgres: url }),
        secret: SECRET,
        codeVersion: CODE,
      });
      return Promise.resolve({
        options: { backend: cluster, module: MODULE },
        release: () => cluster[Symbol.asyncDispose](),
      });
    },
  });
}
