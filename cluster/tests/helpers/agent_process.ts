/** An agent as its own process, under exactly the flags that the documentation gives it. */
import { SECRET_FILE, TEMP } from "./secret_file.ts";
import { TASKS } from "./task_module.ts";

const ROOT = new URL("../../../", import.meta.url);
const COMMANDS = {
  "corral-agent": [new URL("cluster/agent.ts", ROOT).href],
  "corral agent": [new URL("cli/main.ts", ROOT).href, "agent"],
};

/** How a test's agent differs from others. */
export interface AgentProcessOptions {
  /** @default TASKS; `null` for none */
  module?: string | null;
  name?: string;
  jobs?: number;
  /** @default "3s": short, so that its loss is soon known; long enough for a machine that is busy. */
  lock?: string;
  /** @default "corral-agent" */
  command?: keyof typeof COMMANDS;
  /** Further flags of the agent. */
  flags?: readonly string[];
  secretFile?: string;
  /** Whether it serves; otherwise the test expects it to end. @default true */
  serves?: boolean;
}

/** A running agent. */
export class AgentProcess implements AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Everything it has printed on both streams, once it has ended. */
  readonly output: Promise<string>;
  readonly status: Promise<Deno.CommandStatus>;
  readonly #process: Deno.ChildProcess;
  #ended = false;

  private constructor(name: string, process: Deno.ChildProcess, output: Promise<string>) {
    this.name = name;
    this.pid = process.pid;
    this.#process = process;
    this.output = output;
    this.status = process.status.then((status) => {
      this.#ended = true;
      return status;
    });
  }

  /** Starts one, and waits until it serves. */
  static async start(serverUrl: string, options: AgentProcessOptions = {}): Promise<AgentProcess> {
    const { module = TASKS, name = "host-1", jobs = 2, lock = "3s", flags = [], serves = true } = options;
    const { command = "corral-agent" } = options;
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...[
          "run",
          "--no-prompt",
          "--quiet",
          `--allow-net=${new URL(serverUrl).host}`,
          "--ignore-env",
          "--allow-env=DENO_DIR,HOME",
        ],
        ...["--allow-sys=hostname", "--allow-run=deno", "--allow-read", `--allow-write=${TEMP}`],
        `--config=${new URL("deno.json", ROOT).pathname}`,
        ...[
          ...COMMANDS[command],
          new URL(serverUrl).protocol === "postgres:" ? "--postgres" : "--redis",
          serverUrl,
          "--secret-file",
          options.secretFile ?? SECRET_FILE,
          "--name",
          name,
        ],
        ...["--jobs", `${jobs}`, "--lock", lock, ...flags, ...(module === null ? [] : [module])],
      ],
      env: { PATH: `${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const served = Promise.withResolvers<void>();
    let text = "";
    const note = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
      for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
        text += piece;
        if (text.includes(" lanes serve ")) served.resolve();
      }
    };
    const output = Promise.all([note(process.stdout), note(process.stderr)]).then(() => text);
    const agent = new AgentProcess(name, process, output);
    output.then(() => served.reject(new Error(`The agent did not serve: ${text}`)));
    served.promise.catch(() => {});
    if (serves) await served.promise;
    return agent;
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Ends it, and waits until it and its workers are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) {
      this.#process.kill("SIGKILL");
      await this.status;
    }
    await this.output;
  }
}
