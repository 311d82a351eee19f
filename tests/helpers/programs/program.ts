/** Programs that use the library, run in processes of their own. */

import { LIBRARY } from "./packages.ts";

/** How a program is run. */
export interface ProgramOptions {
  /** Permission flags. @default `--allow-run` for Deno itself */
  flags?: readonly string[];
  /** Arguments of the program. */
  args?: readonly string[];
  /** Variables beside the inherited ones. */
  env?: Record<string, string>;
  /** The folder it runs in. */
  cwd?: string;
  /** Give it a session of its own, and so a process group to signal. */
  detached?: boolean;
  /** Where the library is imported from. */
  library?: string;
  /** Whether the program's stdin can be written. */
  stdin?: "null" | "piped";
  /** How many files it may have open; needs a shell. */
  descriptors?: number;
  /** A signal that it is started with ignored; needs bash, since other shells take SIGCHLD for themselves. */
  ignored?: Deno.Signal;
}

/** The end of a program, with all that it printed. */
export interface ProgramOutcome {
  code: number;
  signal: Deno.Signal | null;
  stdout: string;
  stderr: string;
}

/** The command that runs `body`, a module's text for which `Pool` and everything else of the library is in scope. */
export function programCommand(body: string, options: ProgramOptions = {}): Deno.Command {
  const { flags = [`--allow-run=${Deno.execPath()}`], args = [], env = {}, cwd, detached = false } = options;
  const source = `import * as corral from ${JSON.stringify(options.library ?? LIBRARY)};const{Pool}=corral;\n${body}`;
  const { descriptors, ignored } = options;
  const first = [
    ...descriptors === undefined ? [] : [`ulimit -n ${descriptors}`],
    ...ignored === undefined ? [] : [`trap "" ${ignored.slice("SIG".length)}`],
  ];
  const shell = ignored === undefined ? "sh" : "bash";
  const limit = first.length === 0 ? [] : [shell, "-c", [...first, 'exec "$0" "$@"'].join("; ")];
  const [command, ...before] = [...limit, Deno.execPath()];
  return new Deno.Command(command!, {
    args: [...before, "run", "--quiet", "--no-prompt", "--no-config", "--no-lock", ...flags, dataUrl(source), ...args],
    env,
    stdin: options.stdin ?? "null",
    stdout: "piped",
    stderr: "piped",
    detached,
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Runs a program to its end. */
export async function runProgram(body: string, options: ProgramOptions = {}): Promise<ProgramOutcome> {
  const { code, signal, stdout, stderr } = await programCommand(body, options).output();
  return { code, signal, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** A program that runs beside the test. */
export class RunningProgram implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly stderr: Promise<string>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";
  #stdinEnded: boolean;

  constructor(body: string, options: ProgramOptions = {}) {
    this.child = programCommand(body, options).spawn();
    this.#stdinEnded = options.stdin !== "piped";
    this.stderr = new Response(this.child.stderr).text();
    this.#lines = this.child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  get pid(): number {
    return this.child.pid;
  }

  /** The next line that it prints; throws when there is none. */
  async line(): Promise<string> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error(`The program ended before it printed a line: ${await this.stderr}`);
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return line;
  }

  /** Writes to its stdin, which must be piped, and ends it. */
  async send(text: string): Promise<void> {
    const writer = this.child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
    this.#stdinEnded = true;
  }

  /** Ends it, if it still runs, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.child.status;
    if (!this.#stdinEnded) await this.child.stdin.abort();
    await this.#lines.cancel();
    await this.stderr;
  }
}

function dataUrl(source: string): string {
  return `data:text/typescript,${encodeURIComponent(source)}`;
}
