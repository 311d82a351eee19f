/**
 * For commands that serve agents with a function of their own, and submit orders to them: `corral agent` and `corral map --cluster` of
 * `@corral/cli` are made with it. It may change in minor releases.
 *
 * @module
 */
export { type AgentHost, type AgentSite, type TaskOutput } from "./src/agent/host.ts";
export { runAgentCommand } from "./src/agent/command.ts";
export { Cluster, type ClusterOptions } from "./src/client/cluster.ts";
export { codeNameOfModule, codeNameOfVersion } from "./src/message/code_name.ts";
export { NO_MODULE_CODE } from "./src/names.ts";
export type { AgentInfo } from "./src/message/presence.ts";
export type { RedisTls } from "./src/bullmq/address.ts";
