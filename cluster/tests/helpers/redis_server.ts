/** A Redis of one test: its own process on a free loopback port, with its own folder. */
import { LoggedProcess } from "../../../tests/helpers/servers/logged_process.ts";
import { onFreePort } from "../../../tests/helpers/servers/server_user.ts";

/** Where `redis-server` may lie. */
const PLACES = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"];

/** The command, if this machine has it. */
export const REDIS_SERVER: string | undefined = PLACES.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** Why tests that need Redis do not run here; nothing when they do. */
export const NO_REDIS: string | undefined = REDIS_SERVER === undefined
  ? "redis-server is missing (apt-get install redis-server)"
  : undefined;

/** Files of a server: what signed its certificate, the certificate, and its key. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A running server. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  readonly #args: readonly string[];
  #process: LoggedProcess;

  private constructor(port: number, scheme: string, folder: string, args: readonly string[], process: LoggedProcess) {
    this.port = port;
    this.url = `${scheme}://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#args = args;
    this.#process = process;
  }

  /** Starts one. `config` are further options, such as `["--appendonly", "no"]`; with certificates it speaks TLS and nothing else. */
  static async start(config: readonly string[] = [], tls?: Certificates): Promise<RedisServer> {
    const folder = await Deno.makeTempDir({ prefix: "corral-redis-" });
    try {
      return await onFreePort(async (port) => {
        const args = [
          ...(tls === undefined ? ["--port", `${port}`] : tlsOptions(port, tls)),
          ...["--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"],
          ...config,
        ];
        return new RedisServer(port, tls === undefined ? "redis" : "rediss", folder, args, await launch(folder, args));
      });
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** The operating system's id of the process that runs now. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Ends it without warning. */
  async kill(): Promise<void> {
    await this.#process.end("SIGKILL");
  }

  /** Starts it again after `kill()`, with what it had written down. */
  async restart(): Promise<void> {
    this.#process = await launch(this.#folder, this.#args);
  }

  /** Stops its clock. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  /** Lets it go on. */
  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  /** Ends it, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function tlsOptions(port: number, { ca, cert, key }: Certificates): string[] {
  const files = ["--tls-ca-cert-file", ca, "--tls-cert-file", cert, "--tls-key-file", key];
  return ["--port", "0", "--tls-port", `${port}`, "--tls-auth-clients", "no", ...files];
}

async function launch(folder: string, args: readonly string[]): Promise<LoggedProcess> {
  const options = { args: [...args], log: `${folder}/log`, until: "Ready to accept connections" };
  return await LoggedProcess.start(REDIS_SERVER!, options);
}
