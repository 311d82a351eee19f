/**
 * A server that several tests share. Its output goes into a file: a test that read it through a pipe would leave a read under way, which ends in a
 * later test as soon as the server prints something, and the sanitizer blames that test.
 */

/** How it is started. */
export interface LoggedProcessOptions extends Pick<Deno.CommandOptions, "args" | "cwd" | "env" | "uid" | "gid"> {
  /** The file for what it prints. Its folder is there, and stays when the process has ended. */
  readonly log: string;
  /** What it prints once it serves; without, nothing is waited for. */
  readonly until?: string;
}

/** A process, and the file that it prints to. */
export class LoggedProcess {
  readonly status: Promise<Deno.CommandStatus>;
  readonly #process: Deno.ChildProcess;
  readonly #log: string;
  #ended = false;

  private constructor(process: Deno.ChildProcess, log: string) {
    this.#process = process;
    this.#log = log;
    this.status = process.status.then((status) => {
      this.#ended = true;
      return status;
    });
  }

  /** Starts it, and waits until it serves. Rejects with what it printed if it ends before. */
  static async start(command: string, options: LoggedProcessOptions): Promise<LoggedProcess> {
    const { args = [], log, until, ...rest } = options;
    const watcher = Deno.watchFs(log.replace(/\/[^/]*$/, ""), { recursive: false });
    try {
      const process = new Deno.Command("/bin/sh", {
        args: ["-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", log, command, ...args],
        ...rest,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      const logged = new LoggedProcess(process, log);
      if (until !== undefined) await logged.#untilPrinted(until, watcher);
      return logged;
    } finally {
      watcher[Symbol.dispose]();
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Everything it has printed on both streams so far. */
  async output(): Promise<string> {
    return await Deno.readTextFile(this.#log);
  }

  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Ends it with a signal, unless it has ended. */
  async end(signal: Deno.Signal): Promise<void> {
    if (!this.#ended) this.#process.kill(signal);
    await this.status;
  }

  async #untilPrinted(text: string, watcher: Deno.FsWatcher): Promise<void> {
    const isThere = async (): Promise<boolean> => (await this.output().catch(() => "")).includes(text);
    // Ends the loop below when nothing will be printed any more.
    void this.status.then(() => watcher[Symbol.dispose]());
    if (await isThere()) return;
    for await (const _ of watcher) {
      if (await isThere()) return;
    }
    throw new Error(`It ended without having printed "${text}": ${await this.output()}`);
  }
}
