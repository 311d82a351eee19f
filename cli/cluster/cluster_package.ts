/**
 * What `@corral/cluster/host` offers, as far as the command uses it. It is written down here because even an import of types alone would
 * have the package, and BullMQ with it, downloaded for everybody. A test compares the two.
 */
import type { PoolOptions, TaskBackend, TaskBackendProvider } from "@corral/multiprocessing/backend";

/** Machines that run a pool's tasks. */
export interface Cluster extends TaskBackendProvider, AsyncDisposable {
  agents(): Promise<AgentInfo[]>;
}

/** What an agent says of itself. */
export interface AgentInfo {
  readonly name: string;
  readonly lanes: number;
  /** The names of the code that it serves. */
  readonly modules: readonly string[];
}

/** What a cluster is made of. */
export interface ClusterOptions {
  redis?: string;
  postgres?: string;
  secret: string | Uint8Array;
  codeVersion: string;
  aofCheck: boolean;
  group?: string;
  tls?: { ca: string };
}

/** What an agent is started with. */
export interface AgentSite {
  readonly name: string;
  readonly moduleUrl: string | undefined;
  readonly allowInline: boolean;
}

/** The command that an agent is a part of. */
export interface AgentHost {
  readonly command: string;
  readonly purpose: string;
  readonly without: readonly string[];
  refusal(site: Omit<AgentSite, "name">): string | undefined;
  codeName(module: string): string;
  open(options: PoolOptions, site: AgentSite, onOutput: (taskId: number, bytes: Uint8Array) => void): TaskBackend;
}

/** The package. */
export interface ClusterPackage {
  readonly Cluster: new (options: ClusterOptions) => Cluster;
  /** What orders name where there is no module. */
  readonly NO_MODULE_CODE: string;
  runAgentCommand(args: readonly string[], host: AgentHost): Promise<number>;
  codeNameOfModule(moduleUrl: string, deno: string, config?: string): Promise<string>;
  codeNameOfVersion(version: string, moduleUrl: string): string;
}
