// deno-lint-ignore-file no-console
/** `corral-agent`: reads flags, runs an agent, and ends it on signals. */
import { hostname } from "node:os";
import { pathToFileURL } from "node:url";
import type { EngineAddress, RedisTls } from "../bullmq/address.ts";
import { postgresAddress } from "../bullmq/open_engine.ts";
import { redisAddress } from "../bullmq/redis/client.ts";
import { findDeno, moduleUrl, nearestConfig } from "../corral.ts";
import { codeNameOf, codeNameOfVersion, missingModules, moduleGraph } from "../message/code_name.ts";
import { Sealer } from "../message/letter.ts";
import { NO_MODULE_CODE } from "../names.ts";
import { Agent } from "./agent.ts";
import { type AgentFlags, agentHelp, readAgentFlags, usage, UsageError } from "./flags.ts";
import { type AgentHost, OWN_HOST } from "./host.ts";
import { type LocalCode, lookOf } from "./code_watch.ts";
import { traceTasks } from "./task_tracing.ts";

const CONNECT_TIMEOUT_MS = 30_000;

/**
 * Runs the command. Resolves with the exit code when the agent has ended.
 *
 * @param args The arguments behind the command's name.
 * @param host The command that the agent is a part of. @default `corral-agent`
 * @returns The exit code: 0 when it was asked to end, or for its help; 2 for wrong flags; 1 when it cannot serve.
 */
export async function runAgentCommand(args: readonly string[], host: AgentHost = OWN_HOST): Promise<number> {
  const ending = Promise.withResolvers<void>();
  try {
    const flags = readAgentFlags(args, (name) => Deno.env.get(name), host);
    if (flags === undefined) {
      console.log(agentHelp(host));
      return 0;
    }
    const { agent, summary } = await makeAgent(flags, host);
    const release = listen(agent, () => ending.resolve());
    const starting = agent.start();
    // It may be told to end while it still waits for its server.
    await Promise.race([starting.then(() => console.log(summary)), ending.promise]);
    const unfit = await Promise.race([ending.promise, agent.unfit]);
    await agent.drain();
    release();
    if (unfit !== undefined) throw new Error(`${host.command} ends: ${unfit}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? inLog(error.message) : error);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function makeAgent(flags: AgentFlags, host: AgentHost): Promise<{ agent: Agent; summary: string }> {
  const url = siteOf(flags, host);
  const read = url === undefined || flags.codeVersion !== undefined ? undefined : () => readLocalCode(url);
  const local = await read?.();
  const code = usage(() =>
    host.codeName(url === undefined ? NO_MODULE_CODE : local?.name ?? codeNameOfVersion(flags.codeVersion!, url))
  );
  if (flags.trace) traceTasks();
  const name = flags.name ?? `${hostname()}-${Deno.pid}`;
  const workers = flags.jobs ?? navigator.hardwareConcurrency;
  const lanes = workers * flags.concurrency;
  const ca = flags.caFile === undefined
    ? undefined
    : { ca: await readFlagFile("ca-file", flags.caFile, Deno.readTextFile) };
  const agent = new Agent({
    name,
    address: addressOf(flags, ca),
    group: flags.group,
    sealer: new Sealer(await readFlagFile("secret-file", flags.secretFile, Deno.readFile)),
    code,
    ...(local !== undefined && { local: { code: local, read: read! } }),
    lanes,
    lockMs: flags.lockMs,
    leaseMs: flags.leaseMs,
    drainMs: flags.drainMs,
    resultTtlMs: flags.resultTtlMs,
    aofCheck: flags.aofCheck,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    openBackend: (onOutput) =>
      usage(() =>
        host.open(
          {
            workers,
            concurrency: flags.concurrency,
            ...(url !== undefined && { module: url }),
            // `deno install` starts the agent with a --config of its own: the module has another.
            configOf: url ?? absolute("./"),
            functions: flags.allowInline ? "any" : "exports",
            permissions: flags.permissions,
            deny: flags.deny,
            env: flags.env,
            ...(flags.memoryLimitMiB !== undefined && { memoryLimitMiB: flags.memoryLimitMiB }),
            ...(flags.init !== undefined && { initializer: flags.init }),
            name,
          },
          { name, moduleUrl: url, allowInline: flags.allowInline },
          onOutput,
        )
      ),
    note: (text) => console.error(inLog(`${host.command} ${name}: ${text}`)),
  });
  return { agent, summary: `${host.command} ${name}: ${lanes} lanes serve ${code} in group ${flags.group}` };
}

/** The URL of the module. Throws UsageError for flags with which no agent can serve, whatever else is there. */
function siteOf(flags: AgentFlags, host: AgentHost): string | undefined {
  const { module, allowInline, init, caFile } = flags;
  usage(() => addressOf(flags, caFile === undefined ? undefined : {}));
  const url = module === undefined ? undefined : usage(() => moduleUrl(absolute(module)));
  const refusal = host.refusal({ moduleUrl: url, allowInline });
  if (refusal !== undefined) throw new UsageError(refusal);
  if (init === undefined || url !== undefined) return url;
  throw new UsageError(`Cannot use --init ${init}: there is no module, wanted the MODULE that exports it`);
}

function addressOf({ redis, postgres }: AgentFlags, tls: RedisTls | undefined): EngineAddress {
  return postgres === undefined ? redisAddress(redis!, tls) : postgresAddress(postgres, tls);
}

/** The code of a module and, so that a change is seen, how its files and its configuration look. */
async function readLocalCode(moduleUrl: string): Promise<LocalCode> {
  const config = nearestConfig(moduleUrl);
  const files = new Map<string, string>();
  const note = async (url: string): Promise<void> => void files.set(url, await lookOf(url));
  if (config !== undefined) await note(pathToFileURL(config).href);
  const graph = await moduleGraph(moduleUrl, findDeno(), config);
  // What is missing may come.
  for (const url of missingModules(graph)) if (url.startsWith("file:")) await note(url);
  const name = await codeNameOf(graph, async (url) => {
    await note(url);
    return await Deno.readFile(new URL(url));
  });
  return { name, files };
}

/** Without what would drive a terminal: a server's words may be in it. */
function inLog(text: string): string {
  // deno-lint-ignore no-control-regex -- those are what is replaced
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, "\u00b7");
}

async function readFlagFile<T>(flag: string, path: string, read: (path: string) => Promise<T>): Promise<T> {
  try {
    return await read(path);
  } catch (error) {
    throw new Error(`Cannot read the file of --${flag}: ${(error as Error).message}`);
  }
}

/** A path may have what means something else in a URL, such as "#" or "%"; so may the folder that it counts from. */
function absolute(module: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(module) ? module : pathToFileURL(module).href;
}

/** The first signal drains, the second ends at once. */
function listen(agent: Agent, onEnd: () => void): () => void {
  let signals = 0;
  const onSignal = (): void => {
    if (++signals > 1) void agent.stop();
    onEnd();
  };
  const names: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
  for (const name of names) Deno.addSignalListener(name, onSignal);
  return () => names.forEach((name) => Deno.removeSignalListener(name, onSignal));
}
