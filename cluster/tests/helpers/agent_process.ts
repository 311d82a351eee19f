/** An agent as its own process, under exactly the flags that the documentation gives it. */
import { AGENT, COMMAND, COMMAND_CONFIG } from "../../../tests/helpers/programs/packages.ts";
import { LoggedProcess } from "../../../tests/helpers/servers/logged_process.ts";
import { SECRET_FILE, TEMP } from "./secret_file.ts";
import { TASKS } from "./task_module.ts";

const COMMANDS = {
  "corral-agent": [AGENT],
  "corral agent": [COMMAND, "agent"],
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
  /** A module that is loaded before it. */
  preload?: string;
  /** Where it is started. */
  cwd?: string;
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
  readonly #process: LoggedProcess;
  readonly #folder: string;

  private constructor(name: string, folder: string, process: LoggedProcess) {
    this.name = name;
    this.pid = process.pid;
    this.#process = process;
    this.#folder = folder;
    this.status = process.status;
    this.output = process.status.then(() => process.output());
  }

  /** Starts one, and waits until it serves. */
  static async start(serverUrl: string, options: AgentProcessOptions = {}): Promise<AgentProcess> {
    const { module = TASKS, name = "host-1", jobs = 2, lock = "3s", flags = [], serves = true } = options;
    const { command = "corral-agent" } = options;
    const folder = await Deno.makeTempDir({ prefix: "corral-agent-" });
    const process = await LoggedProcess.start(Deno.execPath(), {
      args: [
        ...[
          "run",
          "--no-prompt",
          "--quiet",
          `--allow-net=${new URL(serverUrl).host}`,
          "--ignore-env",
          "--allow-env=DENO_DIR,HOME,XDG_CACHE_HOME",
        ],
        ...["--allow-sys=hostname", "--allow-run=deno", "--allow-read", `--allow-write=${TEMP}`],
        `--config=${COMMAND_CONFIG}`,
        ...(options.preload === undefined ? [] : [`--preload=${options.preload}`]),
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
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      log: `${folder}/log`,
      ...(serves && { until: " lanes serve " }),
    });
    return new AgentProcess(name, folder, process);
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Ends it, and removes what it printed. Its workers end by themselves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end("SIGKILL");
    await this.output;
    await Deno.remove(this.#folder, { recursive: true });
  }
}
