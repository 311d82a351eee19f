/** Debian's PostgreSQL, for tests that talk to a real server. */
import { LoggedProcess } from "./logged_process.ts";
import { giveToServer, onFreePort, run } from "./server_user.ts";

const VERSIONS = "/usr/lib/postgresql";

/** The folder of the newest server's programs, if one is installed. */
export async function findPostgres(): Promise<string | undefined> {
  try {
    const versions = await Array.fromAsync(Deno.readDir(VERSIONS), ({ name }) => Number(name));
    const bin = `${VERSIONS}/${versions.sort((a, b) => a - b).at(-1)}/bin`;
    await Deno.stat(`${bin}/initdb`);
    return bin;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A server of its own, on a free port of the loopback network, with its data in a temporary folder. */
export class PostgresServer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #process: LoggedProcess;

  private constructor(url: string, folder: string, process: LoggedProcess) {
    this.url = url;
    this.#folder = folder;
    this.#process = process;
  }

  /** Starts the server in `bin`, as the user `postgres` if this is root: it refuses to run as that. With a certificate it speaks TLS too. */
  static async start(bin: string, tls?: { readonly cert: string; readonly key: string }): Promise<PostgresServer> {
    const folder = await Deno.makeTempDir({ prefix: "postgres" });
    try {
      const user = await giveToServer(folder);
      await run(`${bin}/initdb`, ["-D", folder, "-A", "trust", "-U", "corral", "-E", "UTF8", "--no-sync"], user);
      const ssl = tls === undefined ? {} : await withCertificate(folder, tls);
      return await onFreePort(async (port) => {
        const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: "", fsync: "off", ...ssl };
        const process = await LoggedProcess.start(`${bin}/postgres`, {
          args: ["-D", folder, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
          ...user,
          env: { LC_ALL: "C" },
          log: `${folder}/log`,
          until: "ready to accept connections",
        });
        return new PostgresServer(`postgres://corral@127.0.0.1:${port}/postgres`, folder, process);
      });
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** Stops it and removes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end("SIGINT");
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Settings for TLS. It takes a key only when nobody else can read it. */
async function withCertificate(
  folder: string,
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<Record<string, string>> {
  await Deno.copyFile(cert, `${folder}/server.pem`);
  await Deno.copyFile(key, `${folder}/server.key`);
  await Deno.chmod(`${folder}/server.key`, 0o600);
  await giveToServer(folder);
  return { ssl: "on", ssl_cert_file: "server.pem", ssl_key_file: "server.key" };
}
