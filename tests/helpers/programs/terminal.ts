/** A real terminal, which draws what a program writes: tmux. */

import { delay } from "@std/async";

const END_MARK = "(the command has ended)";
const POLL_MS = 20;
const MAX_POLLS = 1500;
const decoder = new TextDecoder();

/** Why there is no terminal here, or nothing if there is one. */
export const noTerminal: string | undefined = await hasTmux() ? undefined : "tmux is not installed";

/** How a terminal is opened. */
export interface TerminalOptions {
  columns: number;
  rows: number;
  /** Variables of the program; one with `undefined` is not set. */
  env?: Record<string, string | undefined>;
}

/** A terminal in which one shell command runs. */
export class Terminal implements AsyncDisposable {
  readonly #name = `corral-${crypto.randomUUID()}`;

  private constructor() {}

  /** Runs a shell command in a new terminal. */
  static async open(command: string, { columns, rows, env = {} }: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal();
    const unset = Object.keys(env).filter((name) => env[name] === undefined).map((name) => `-u ${name}`);
    const set = Object.entries(env).filter(([, value]) => value !== undefined).map(([name, value]) =>
      `${name}=${value}`
    );
    const program = `env ${[...unset, ...set].join(" ")} sh -c ${quote(command)}`;
    // The shell gets Ctrl-C too, and must outlive it.
    const line = `trap true INT; ${program}; echo ${
      quote(END_MARK)
    }; tmux -L ${terminal.#name} wait-for -S ended; exec cat`;
    await terminal.#tmux("-f", "/dev/null", "new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, line);
    return terminal;
  }

  /** Waits until the command has ended, and all that it wrote is on the screen. */
  async ended(): Promise<void> {
    // Where it does not end in time, what is on the screen is told.
    const signal = AbortSignal.timeout(POLL_MS * MAX_POLLS);
    await new Deno.Command("tmux", { args: ["-L", this.#name, "wait-for", "ended"], signal }).output();
    await this.shows(END_MARK);
  }

  /** Waits until the screen shows a text. */
  async shows(text: string): Promise<void> {
    for (let poll = 0; poll < MAX_POLLS; poll++) {
      if ((await this.#capture()).includes(text)) return;
      await delay(POLL_MS);
    }
    throw new Error(`The terminal does not show "${text}", but:\n${await this.#capture()}`);
  }

  /** Presses keys, named as tmux does. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux("send-keys", ...keys);
  }

  /** The lines on the screen, without empty ones. */
  async screen(): Promise<string[]> {
    const lines = (await this.#capture()).split("\n").map((line) => line.trimEnd());
    return lines.filter((line) => line !== "" && line !== END_MARK);
  }

  /** The first line on the screen with a text in it, with the codes of its colours. */
  async lineWithColours(text: string): Promise<string | undefined> {
    return (await this.#tmux("capture-pane", "-e", "-p")).split("\n").find((line) => line.includes(text));
  }

  /** Whether the cursor can be seen. */
  async hasCursor(): Promise<boolean> {
    return (await this.#tmux("display-message", "-p", "#{cursor_flag}")).trim() === "1";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
  }

  #capture(): Promise<string> {
    return this.#tmux("capture-pane", "-p");
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", { args: ["-L", this.#name, ...args] }).output();
    if (!success) throw new Error(`Cannot use the terminal: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }
}

/** A text as one word of a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function hasTmux(): Promise<boolean> {
  try {
    return (await new Deno.Command("tmux", { args: ["-V"] }).output()).success;
  } catch {
    return false;
  }
}
