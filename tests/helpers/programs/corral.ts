/** Runs of the command `corral`, as a shell would start it. */

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

/** The permissions of the command, with these more. */
export function permissions(allow: readonly string[]): string[] {
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

/** What a run left behind, from what it printed. */
export function outcome(code: number, stdout: string, stderr: string): CorralOutcome {
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
