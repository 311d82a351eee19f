// Kind: contract. A cluster with one agent is a backend as any other, and a pool over it behaves as over the workers of this machine.
import { backendContract } from "../../tests/pool/backend_contract.ts";
import { poolContract } from "../../tests/pool/pool_contract.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { Cluster } from "../mod.ts";
import { SECRET } from "./helpers/secret.ts";

const MODULE = import.meta.resolve("../../tests/fixtures/contract_tasks.ts");

const ignore = NO_REDIS !== undefined;

backendContract("ClusterBackend", {
  ignore,
  open: async () => {
    const stack = new AsyncDisposableStack();
    const redis = stack.use(await RedisServer.start());
    stack.use(await AgentProcess.start(redis.url, { module: MODULE }));
    const { backend } = stack.use(new Caller(redis.url, { module: MODULE }));
    return { backend, release: () => stack.disposeAsync() };
  },
});

poolContract("Pool over a cluster", {
  ignore,
  open: async () => {
    const stack = new AsyncDisposableStack();
    const redis = stack.use(await RedisServer.start());
    stack.use(await AgentProcess.start(redis.url, { module: null, flags: ["--allow-inline"] }));
    const backend = stack.use(new Cluster({ redis: redis.url, secret: SECRET }));
    return { options: { backend }, release: () => stack.disposeAsync() };
  },
});
