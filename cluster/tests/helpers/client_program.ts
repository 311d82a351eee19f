/** What client programs and their agents call the code. */
export const CODE_VERSION = "1.0";
const CLIENT = new URL("../fixtures/client.ts", import.meta.url);

/** What the client does. */
export interface ClientProgramOptions {
  leaseMs?: number;
  /** Where its tasks note that they start. */
  notes: string;
  tasks: number;
  /** How long each task takes. */
  ms: number;
  runId?: string;
}

/** A client as its own process, under exactly the flags of the documentation: no `--allow-run`. */
export class ClientProgram implements AsyncDisposable {
  /** What its tasks gave. */
  readonly result: Promise<unknown>;
  readonly ended: Promise<Deno.CommandOutput>;
  readonly #process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.ended = process.output();
    this.result = this.ended.then(({ stdout, stderr }) => {
      const text = new TextDecoder().decode(stdout);
      if (text === "") throw new Error(`The client printed nothing: ${new TextDecoder().decode(stderr)}`);
      return JSON.parse(text);
    });
    this.result.catch(() => {});
  }

  /** Starts one. */
  static start(url: string, options: ClientProgramOptions): ClientProgram {
    return new ClientProgram(
      new Deno.Command(Deno.execPath(), {
        args: [
          ...[
            "run",
            "--no-prompt",
            "--quiet",
            `--allow-net=${new URL(url).host}`,
            "--ignore-env",
            "--allow-sys=hostname",
          ],
          ...[CLIENT.href, JSON.stringify({ url, code: CODE_VERSION, leaseMs: 30_000, ...options })],
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.ended;
  }
}
