import { codeNameOfModule } from "../../src/message/code_name.ts";
import { TASKS } from "./task_module.ts";

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
  static async start(url: string, options: ClientProgramOptions): Promise<ClientProgram> {
    const code = await codeNameOfModule(TASKS, Deno.execPath());
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
          ...[CLIENT.href, JSON.stringify({ url, code, leaseMs: 30_000, ...options })],
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
