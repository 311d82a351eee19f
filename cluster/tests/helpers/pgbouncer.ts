/** Debian's PgBouncer in front of a PostgreSQL of a test: its own process on a free loopback port. */
import { LoggedProcess } from "../../../tests/helpers/servers/logged_process.ts";
import { giveToServer, onFreePort } from "../../../tests/helpers/servers/server_user.ts";

const PGBOUNCER = "/usr/sbin/pgbouncer";

/** Why tests that need PgBouncer do not run here; nothing when they do. */
export const NO_PGBOUNCER: string | undefined = await isThere(PGBOUNCER)
  ? undefined
  : "PgBouncer is missing (apt-get install pgbouncer)";

/** A pooler that runs. */
export class PgBouncer implements AsyncDisposable {
  /** The address of the database behind it. */
  readonly url: string;
  readonly #folder: string;
  readonly #process: LoggedProcess;

  private constructor(url: string, folder: string, process: LoggedProcess) {
    this.url = url;
    this.#folder = folder;
    this.#process = process;
  }

  /** Starts one in front of a server, as the user `postgres` if this is root: it refuses to run as that. */
  static async start(serverUrl: string, mode: "session" | "transaction"): Promise<PgBouncer> {
    const { username, port: serverPort, pathname } = new URL(serverUrl);
    const folder = await Deno.makeTempDir({ prefix: "corral-pgbouncer-" });
    try {
      const config = `${folder}/pgbouncer.ini`;
      return await onFreePort(async (port) => {
        await Deno.writeTextFile(
          config,
          `[databases]
* = host=127.0.0.1 port=${serverPort} user=${username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
`,
        );
        const user = await giveToServer(folder);
        const options = { args: [config], ...user, log: `${folder}/log`, until: "process up" };
        const process = await LoggedProcess.start(PGBOUNCER, options);
        return new PgBouncer(`postgres://${username}@127.0.0.1:${port}${pathname}`, folder, process);
      });
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** Ends it, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end("SIGKILL");
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
