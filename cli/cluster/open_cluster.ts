import { nearestConfig } from "@corral/multiprocessing/backend";
import { denoCommand } from "../files/deno_command.ts";
import { UsageError } from "../errors/usage_error.ts";
import type { CliMapOptions, ClusterChoice } from "../options/cli_map_options.ts";
import { servedName } from "./code_name.ts";
import type { AgentInfo, Cluster, ClusterPackage } from "./cluster_package.ts";
import { loadCluster } from "./load_cluster.ts";

/** A cluster that has been reached, and what it is to run. */
export interface OpenedCluster {
  readonly cluster: Cluster;
  /** The module that a pool is to name: it is not loaded here. */
  readonly module: URL;
  /** The name of the code. */
  readonly code: string;
  /** The agents that are there, whatever they serve. */
  readonly agents: readonly AgentInfo[];
  /** How many tasks the agents that have the code run at once. */
  readonly lanes: number;
  /** How an agent would be started that has it. */
  readonly advice: string;
}

/** Connects to a cluster, which is checked before anything is sent there. */
export async function openCluster(options: CliMapOptions, choice: ClusterChoice): Promise<OpenedCluster> {
  const { server, secretFile, group, caFile, aofCheck } = choice;
  const secret = await readFile("secret-file", secretFile, Deno.readFile);
  const tls = caFile === undefined ? undefined : { ca: await readFile("ca-file", caFile, Deno.readTextFile) };
  const library = await loadCluster();
  const code = servedName(await moduleCode(library, options, choice));
  let cluster: Cluster;
  try {
    cluster = new library.Cluster({
      [isPostgres(server) ? "postgres" : "redis"]: server,
      secret,
      codeVersion: code,
      aofCheck,
      ...(group !== undefined && { group }),
      ...(tls !== undefined && { tls }),
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  try {
    const agents = await cluster.agents();
    const lanes = agents.filter(({ modules }) => modules.includes(code)).reduce((sum, agent) => sum + agent.lanes, 0);
    return { cluster, module: options.module, code, agents, lanes, advice: adviceFor(options, choice) };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw new UsageError((error as Error).message, { cause: error });
  }
}

async function moduleCode(
  { NO_MODULE_CODE, codeNameOfModule, codeNameOfVersion }: ClusterPackage,
  { module, source }: CliMapOptions,
  { codeVersion }: ClusterChoice,
): Promise<string> {
  if (source !== undefined) return NO_MODULE_CODE;
  if (codeVersion !== undefined) return codeNameOfVersion(codeVersion, module.href);
  return await codeNameOfModule(module.href, denoCommand(), nearestConfig(module.href));
}

function adviceFor({ source }: CliMapOptions, { server, codeVersion }: ClusterChoice): string {
  const address = server.replace(/\/\/[^/]*@/, "//…@");
  const what = source !== undefined ? "--allow-inline" : "MODULE";
  const version = codeVersion === undefined || source !== undefined ? "" : ` --code-version ${codeVersion}`;
  return `corral agent --${isPostgres(server) ? "postgres" : "redis"} ${address} --secret-file FILE${version} ${what}`;
}

function isPostgres(server: string): boolean {
  return server.startsWith("postgres");
}

async function readFile<T>(flag: string, path: string, read: (path: string) => Promise<T>): Promise<T> {
  try {
    return await read(path);
  } catch (cause) {
    throw new UsageError(`Cannot read the file of --${flag}: ${(cause as Error).message}`);
  }
}
