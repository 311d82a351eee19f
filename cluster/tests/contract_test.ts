// Kind: contract. A cluster with one agent is a backend as any other, and a pool over it behaves as over the workers of this machine.
import { backendContract } from "../../tests/pool/backend_contract.ts";
import { poolContract } from "../../tests/pool/pool_contract.ts";
import { Cluster } from "../mod.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { SECRET } from "./helpers/secret.ts";

const MODULE = import.meta.resolve("../../tests/fixtures/contract_tasks.ts");

const ignore = NO_REDIS !== undefined;

/** One agent for all tests: each finds it as the one before has left it. */
const group = new AsyncDisposableStack();
let url = "";

Deno.test.beforeAll(async () => {
  if (ignore) return;
  const redis = group.use(await RedisServer.start());
  group.use(await AgentProcess.start(redis.url, { module: MODULE, flags: ["--allow-inline"] }));
  url = redis.url;
});

Deno.test.afterAll(() => group.disposeAsync());

backendContract("ClusterBackend", {
  ignore,
  open: () => {
    const caller = new Caller(url, { module: MODULE });
    return Promise.resolve({ backend: caller.backend, release: () => caller[Symbol.asyncDispose]() });
  },
});

poolContract("Pool over a cluster", {
  ignore,
  open: () => {
    const cluster = new Cluster({ redis: url, secret: SECRET });
    return Promise.resolve({
      options: { backend: cluster, module: MODULE },
      release: () => cluster[Symbol.asyncDispose](),
    });
  },
});
