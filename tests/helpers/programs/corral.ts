/** Runs of the command `corral`, as a shell would start it. */

import { fileURLToPath } from "node:url";
import { COMMAND, COMMAND_CONFIG } from "./packages.ts";

/** How the command is run. */
export interface CorralOptions {
  /** What it reads. */
  readonly stdin?: string | Uint8Array | undefined;
  /** More permissions of the command itself. */
  readonly allow?: readonly string[];
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** What a run left behind. */
export interface CorralOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Each line of stdout, as JSON. */
  readonly results: unknown[];
}

/** The command's own permissions: those that it asks users for. */
const PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-env=DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA,CI,TERM,TERM_PROGRAM,TMUX",
];

/** The arguments with which Deno runs `corral`. */
export function corralArgs(args: readonly string[], allow: readonly string[] = []): string[] {
  return ["run", "--quiet", "--no-prompt", `--config=${COMMAND_CONFIG}`, ...permissions(allow), COMMAND, ...args];
}

function permissions(allow: readonly string[]): string[] {
  if (allow.includes("-A")) return [...allow];
  const run = allow.includes("--allow-run") ? [] : [`--allow-run=${Deno.execPath()}`];
  return [...run, ...PERMISSIONS, ...allow];
}

/** The command that runs `corral`. */
export function corralCommand(args: readonly string[], options: CorralOptions = {}): Deno.Command {
  const { allow = [], cwd, env = {} } = options;
  return new Deno.Command(Deno.execPath(), {
    args: corralArgs(args, allow),
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Runs `corral` to its end. */
export async function corral(args: readonly string[], options: CorralOptions = {}): Promise<CorralOutcome> {
  const child = corralCommand(args, options).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  const { stdin = "" } = options;
  try {
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  } catch {
    // It has read as much as it wanted.
  }
  const { code, stdout, stderr } = await output;
  const text = new TextDecoder();
  return outcome(code, text.decode(stdout), text.decode(stderr));
}

/**
 * Runs `corral map` with one worker, for tests of what does not depend on how many there are. It may start any command, as most users install it:
 * what ends workers that are left is a shell then, and not one more process of Deno.
 */
export async function mapByOne(args: readonly string[], options: CorralOptions = {}): Promise<CorralOutcome> {
  const { allow = [] } = options;
  const run = allow.includes("-A") ? [] : ["--allow-run"];
  return await corral(["map", "-j", "1", ...args], { ...options, allow: [...run, ...allow] });
}

/** The program that runs several commands, one after the other. Its arguments are `JSON.stringify(commands)`, and the same of their folders. */
export const IN_TURN = import.meta.resolve("../../fixtures/programs/corral_in_turn.ts");
const SOURCES_CONFIG = fileURLToPath(import.meta.resolve("../../../deno.json"));

/** How several commands are run. */
export interface InTurnOptions extends Pick<CorralOptions, "allow" | "cwd" | "env"> {
  /** For a shell, behind the command. */
  readonly redirection?: string;
  /** The folder of each, where it has one of its own. */
  readonly folders?: readonly string[];
  /** Another program, which runs `IN_TURN`. */
  readonly program?: string;
}

/**
 * Runs several commands in one program, one after the other, and tells of each. For what is refused, or soon done: to start the program is
 * most of what it costs. There is nothing on their stdin.
 */
export async function corralInTurn(
  commands: readonly (readonly string[])[],
  { allow = [], cwd, env = {}, redirection, folders = [], program = IN_TURN }: InTurnOptions = {},
): Promise<CorralOutcome[]> {
  const args = ["run", "--quiet", "--no-prompt", `--config=${SOURCES_CONFIG}`, ...permissions(allow), program]
    .concat(JSON.stringify(commands), JSON.stringify(folders));
  const shell = ["-c", `"$0" "$@" ${redirection}; exit $?`, Deno.execPath(), ...args];
  const { stdout, stderr } = await new Deno.Command(redirection === undefined ? Deno.execPath() : "sh", {
    args: redirection === undefined ? args : shell,
    env,
    stdin: "null",
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  const [printed, told] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).split("\x1enext\n"));
  // Behind the last mark is nothing, but where the program ended by itself.
  if (told!.at(-1) !== "" || told!.length !== commands.length + 1) throw new Error(told!.at(-1));
  return commands.map((_, at) => {
    const [, text, code] = /^(.*?)(\d+)$/s.exec(told![at]!)!;
    return outcome(Number(code), printed![at] ?? "", text!);
  });
}

/** Runs `corral map` with one worker over each of these inputs, which are in files `in0`, `in1` and so on, in one program. */
export async function mapInTurn(
  runs: readonly (readonly [input: string, args: readonly string[]])[],
): Promise<CorralOutcome[]> {
  return await inFolder(async (folder) => {
    for (const [at, [input]] of runs.entries()) await Deno.writeTextFile(`${folder}/in${at}`, input);
    const commands = runs.map(([, args], at) => ["map", "-j", "1", ...args, `in${at}`]);
    return await corralInTurn(commands, { allow: ["--allow-run"], cwd: folder });
  });
}

function outcome(code: number, stdout: string, stderr: string): CorralOutcome {
  return {
    code,
    stdout,
    stderr,
    get results() {
      return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as unknown);
    },
  };
}

/** Lines of JSON. */
export function ndjson(records: Iterable<unknown>): string {
  return [...records].map((record) => JSON.stringify(record) + "\n").join("");
}

/** Runs `body` in a folder of its own. */
export async function inFolder<R>(body: (folder: string) => Promise<R>): Promise<R> {
  const folder = await Deno.makeTempDir();
  try {
    return await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
