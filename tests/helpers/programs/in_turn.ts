/** Runs of several commands of `corral` in one program, one after the other. */

import { fileURLToPath } from "node:url";
import { corral, type CorralOptions, type CorralOutcome, inFolder, outcome, permissions } from "./corral.ts";
import { KeptProgram, type Turn, type TurnOutput } from "./kept_program.ts";

/** The program that runs several commands, one after the other. Its arguments are `JSON.stringify(commands)`, and the same of their folders. */
export const IN_TURN = import.meta.resolve("../../fixtures/programs/corral_in_turn.ts");
const SOURCES_CONFIG = fileURLToPath(import.meta.resolve("../../../deno.json"));

/** How several commands are run. They may start any command, unless `allow` is given. */
export interface InTurnOptions extends Pick<CorralOptions, "allow" | "cwd" | "env"> {
  /** For a shell, behind the command. */
  readonly redirection?: string;
  /** The folder of each, where it has one of its own. */
  readonly folders?: readonly string[];
  /** Another program, which runs `IN_TURN`. */
  readonly program?: string;
}

function argsOf(allow: readonly string[], program: string): string[] {
  return ["run", "--quiet", "--no-prompt", `--config=${SOURCES_CONFIG}`, ...permissions(allow), program];
}

/**
 * With these permissions, one program serves all tests of this process: to start one costs as much as two runs. With them, what ends workers that
 * are left is a shell, and not one more process of Deno.
 */
const KEPT_ALLOW = ["--allow-run"];
const kept = await KeptProgram.start(argsOf(KEPT_ALLOW, IN_TURN));

/** Whether the kept program has these permissions, and is there for a turn. */
function keptFor(allow: readonly string[]): boolean {
  return `${allow}` === `${KEPT_ALLOW}` && kept?.isFree === true;
}

/**
 * Runs several commands in one program, one after the other, and tells of each. For what is refused, or soon done: to start the program is
 * most of what it costs. There is nothing on their stdin.
 */
export async function corralInTurn(
  commands: readonly (readonly string[])[],
  options: InTurnOptions = {},
): Promise<CorralOutcome[]> {
  const { allow = KEPT_ALLOW, cwd = Deno.cwd(), folders = [], env, redirection, program } = options;
  const turn: Turn = { commands, folders, cwd };
  const isUsual = [env, redirection, program].every((one) => one === undefined);
  const { stdout, stderr } = isUsual && keptFor(allow) ? await kept!.take(turn) : await takeAlone(turn, options);
  const [printed, told] = [stdout, stderr].map((text) => text.split("\x1enext\n"));
  // Behind the last mark is nothing, but where the program ended by itself.
  if (told!.at(-1) !== "" || told!.length !== commands.length + 1) throw new Error(told!.at(-1));
  return commands.map((_, at) => {
    const [, text, code] = /^(.*?)(\d+)$/s.exec(told![at]!)!;
    return outcome(Number(code), printed![at] ?? "", text!);
  });
}

/** Runs the commands in a program of their own. */
async function takeAlone(
  { commands, folders, cwd }: Turn,
  { allow = KEPT_ALLOW, env = {}, redirection, program = IN_TURN }: InTurnOptions,
): Promise<TurnOutput> {
  const args = [...argsOf(allow, program), JSON.stringify(commands), JSON.stringify(folders)];
  const shell = ["-c", `"$0" "$@" ${redirection}; exit $?`, Deno.execPath(), ...args];
  const { stdout, stderr } = await new Deno.Command(redirection === undefined ? Deno.execPath() : "sh", {
    args: redirection === undefined ? args : shell,
    env,
    stdin: "null",
    cwd,
  }).output();
  return { stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Runs `corral map` with one worker over each of these inputs, which are in files `in0`, `in1` and so on, in one program. */
export async function mapInTurn(
  runs: readonly (readonly [input: string, args: readonly string[]])[],
): Promise<CorralOutcome[]> {
  return await inFolder(async (folder) => {
    for (const [at, [input]] of runs.entries()) await Deno.writeTextFile(`${folder}/in${at}`, input);
    const commands = runs.map(([, args], at) => ["map", "-j", "1", ...args, `in${at}`]);
    return await corralInTurn(commands, { cwd: folder });
  });
}

/**
 * Runs `corral map` with one worker, for tests of what does not depend on how many there are: with something to read in a program of its own,
 * else in that of others. It may start any command, as most users install it: what ends workers that are left is a shell then, and not one
 * more process of Deno.
 */
export async function mapByOne(args: readonly string[], options: CorralOptions = {}): Promise<CorralOutcome> {
  const { stdin, env, cwd } = options;
  const allow = options.allow?.includes("-A") ? options.allow : ["--allow-run", ...options.allow ?? []];
  const command = ["map", "-j", "1", ...args];
  if ([stdin, env].some((one) => one !== undefined) || !keptFor(allow)) {
    return await corral(command, { ...options, allow });
  }
  const [outcome] = await corralInTurn([command], { allow, ...(cwd === undefined ? {} : { cwd }) });
  return outcome!;
}
