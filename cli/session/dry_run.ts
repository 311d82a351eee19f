import { workerCommand } from "@corral/multiprocessing/pool";
import { Inputs } from "../input/inputs.ts";
import { excerptOf, nameForPeople } from "../errors/foreign_text.ts";
import { printText } from "../files/standard_streams.ts";
import type { ReadItem } from "../records/record_block.ts";
import type { CliMapOptions, ClusterChoice } from "../options/cli_map_options.ts";
import { poolOptions } from "../options/pool_options.ts";
import { runnerSettings } from "../run/runner_function.ts";
import { blockRecords } from "../runner/block_records.ts";
import { exactText } from "../runner/exact_json.ts";

const SHOWN_RECORDS = 3;

/** `--dry-run`: prints what would be done with what, and does nothing. Returns the exit code. */
export async function dryRun(options: CliMapOptions): Promise<number> {
  const lines = [
    `Function: ${options.module.protocol === "data:" ? "-e" : options.module.href}#${options.export}`,
    ...options.cluster === undefined ? await ownWorkers(options) : await agents(options, options.cluster),
    `First records:`,
    ...await firstRecords(options),
  ];
  let text = lines.join("\n") + "\n";
  if (Deno.stdout.isTerminal()) text = (await import("../files/terminal_text.ts")).sanitizeForTerminal(text);
  await printText(text);
  return 0;
}

async function ownWorkers(options: CliMapOptions): Promise<string[]> {
  const { path, args, env } = workerCommand(poolOptions(options));
  const grants = args.filter((arg) => /^--(allow|deny)-/.test(arg));
  return [
    `Workers: ${await workersFor(options)}`,
    `Permissions of workers: ${grants.join(" ")}`,
    `Environment of workers: ${Object.keys(env).join(" ")}`,
    `Command line of a worker: ${[path, ...args].map(quoted).join(" ")}`,
  ];
}

/** A run has no more than there can be records. */
async function workersFor(options: CliMapOptions): Promise<number> {
  using inputs = new Inputs(options, () => {});
  return Math.max(1, await inputs.mostRecords(options.jobs));
}

/** The agents that are there, and whether they could run it. */
async function agents(options: CliMapOptions, choice: ClusterChoice): Promise<string[]> {
  const { openCluster } = await import("../cluster/open_cluster.ts");
  const { cluster, code, agents, advice } = await openCluster(options, choice);
  await cluster[Symbol.asyncDispose]();
  const able = agents.filter(({ modules }) => modules.includes(code));
  const others = agents.filter((agent) => !able.includes(agent));
  return [
    `Code: ${code}`,
    `Agents: ${
      able.map(({ name, lanes }) => `${nameForPeople(name)} (${lanes} workers)`).join(", ") || `none; wanted ${advice}`
    }`,
    ...others.map(({ name, modules }) =>
      `Agent with other code: ${nameForPeople(name)} serves ${modules.map(nameForPeople).join(", ")}`
    ),
  ];
}

async function firstRecords(options: CliMapOptions): Promise<string[]> {
  const notes: string[] = [];
  using inputs = new Inputs(options, (text) => notes.push(`  note: ${text}`));
  const lines: string[] = [];
  while (lines.length < SHOWN_RECORDS) {
    const item = await inputs.read({ records: 1, bytes: Infinity, batch: 1 });
    if (item === undefined) return [...notes, ...lines, "  (no more)"];
    lines.push(`  ${describe(item, options)}`);
  }
  return [...notes, ...lines];
}

function describe(item: ReadItem, options: CliMapOptions): string {
  if ("invalid" in item) return `line ${item.invalid.line}: rejected, ${item.invalid.message}`;
  const { block } = item;
  try {
    const records = blockRecords(block.payload, runnerSettings(options), block.source.columns ?? null);
    records.next();
    return `line ${block.line(0)}: ${exactText(records.value())}`;
  } catch (error) {
    return `line ${block.line(0)}: rejected, ${(error as Error).message}: ${excerptOf(block.record(0))}`;
  }
}

/** Quotes an argument for a shell, where it needs that. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}
