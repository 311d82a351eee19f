/** Who is compared, and how each is run. */

import { fileURLToPath } from "node:url";

/** What a contender's workers are. */
export type Kind = "corral" | "processes" | "CPython" | "threads" | "bare";

/** Who takes part. */
export interface Contender {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  /** The npm package whose version is told. */
  readonly package?: string;
  /** The command that runs a row, which follows it as two arguments. */
  readonly command: readonly [executable: string, ...args: string[]];
}

const PROGRAMS = new URL("contenders/", import.meta.url);

/** What the programs of this repository are configured by: Deno would find the `package.json` here first, which is for the pools of npm. */
const OWN_CONFIG = `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`;

function program(name: string): string {
  return fileURLToPath(new URL(name, PROGRAMS));
}

function deno(name: string, ...flags: string[]): Contender["command"] {
  return [Deno.execPath(), "run", "--no-prompt", "--no-check", ...flags, program(name)];
}

function npm(id: string, file: string, kind: Kind, flavour: string): Contender {
  return { id, name: `${id} (${flavour})`, kind, package: id, command: ["node", program(file)] };
}

function cpython(id: string, name: string, kind: "pool" | "executor", method: string): Contender {
  return { id, name, kind: "CPython", command: ["python3", program("cpython.py"), kind, method] };
}

function bare(id: string, name: string, partner: string): Contender {
  const [executable, ...args] = deno("raw/main.ts", OWN_CONFIG, "--allow-run", "--allow-read", "--allow-env");
  return { id, name, kind: "bare", command: [executable, ...args, partner] };
}

/** Who has no part in the goals. */
export const FOR_REFERENCE: readonly string[] = ["cpython-spawn", "piscina", "poolifier"];

/** In the order of the tables. */
export const contenders: readonly Contender[] = [
  {
    id: "corral",
    name: "corral",
    kind: "corral",
    // Signals and `ps` are for the rows that kill and weigh workers.
    command: deno("corral.ts", OWN_CONFIG, "--allow-run", "--allow-read", "--allow-env"),
  },
  npm("tinypool", "tinypool.mjs", "processes", "child_process"),
  npm("workerpool", "workerpool.mjs", "processes", "process"),
  npm("jest-worker", "jest_worker.mjs", "processes", "process"),
  cpython("cpython-pool", "CPython Pool", "pool", "default"),
  cpython("cpython-executor", "CPython ProcessPoolExecutor", "executor", "default"),
  cpython("cpython-spawn", "CPython Pool (spawn)", "pool", "spawn"),
  npm("piscina", "piscina.mjs", "threads", "threads"),
  {
    id: "poolifier",
    name: "poolifier-web-worker (threads)",
    kind: "threads",
    package: "poolifier-web-worker",
    command: deno(
      "poolifier.mjs",
      "--no-config",
      "--no-lock",
      "--node-modules-dir=manual",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      "--allow-run=ps",
    ),
  },
  bare("bare", "no pool", "cat"),
  bare("bare-deno", "no pool (Deno)", "deno"),
  bare("bare-each", "no pool (Deno, a write for each answer)", "deno-each"),
];

/** The contender of an id. */
export function contenderOf(id: string): Contender {
  const found = contenders.find((contender) => contender.id === id);
  if (!found) {
    throw new RangeError(`Cannot find a contender: "${id}" is none of ${contenders.map(({ id }) => id).join(", ")}`);
  }
  return found;
}
