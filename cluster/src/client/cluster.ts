import { ClientConnection } from "../bullmq/client_connection.ts";
import type { EngineAddress, RedisTls } from "../bullmq/address.ts";
import { postgresAddress } from "../bullmq/open_engine.ts";
import { redisAddress } from "../bullmq/redis/client.ts";
import { systemClock } from "../clock.ts";
import {
  type BackendSettings,
  findDeno,
  nearestConfig,
  type TaskBackend,
  type TaskBackendProvider,
} from "../corral.ts";
import { checkCodeVersion, codeNameOfModule, codeNameOfVersion } from "../message/code_name.ts";
import { Sealer } from "../message/letter.ts";
import type { AgentInfo } from "../message/presence.ts";
import { checkGroup, clientShelf, NO_MODULE_CODE } from "../names.ts";
import { ClusterBackend } from "./cluster_backend.ts";
import { checkArguments, checkFlag, checkNames } from "./option_names.ts";

/** Options of a cluster. */
export interface ClusterOptions {
  /** The address of Redis: `redis://host:6379`, or `rediss://…` for TLS; user and password may stand in it. Wanted unless `postgres` is given. */
  redis?: string;
  /** The address of PostgreSQL in place of Redis, such as `postgres://user@host:5432/database`. Slower by far: see the guide. */
  postgres?: string;
  /** What signs orders and outcomes, at least 16 bytes. The agents must have the same one; it is never sent. */
  secret: string | Uint8Array;
  /** The name of the group of agents that run the tasks: 1 to 40 letters, digits, `_` or `-`. @default "default" */
  group?: string;
  /**
   * Names the code instead of the hash of its files, for programs that may not run `deno info`: a git commit, for example. Agents need the same, and a
   * module whose file has the same name; where it has another one, write that name in front: `tasks@1f3c9a`.
   */
  codeVersion?: string;
  /**
   * Milliseconds after which tasks reject: while no agent serves their code, while the server cannot be reached at the start, or while it
   * refuses tasks. At least 0, though to connect there is always a second; `Infinity` for never. @default 30_000
   */
  agentTimeoutMs?: number;
  /**
   * Milliseconds that the server keeps large arguments: at least 1, `Infinity` for some decades. Results stay for the agents' `--result-ttl`.
   * @default 3_600_000
   */
  resultTtlMs?: number;
  /**
   * Milliseconds that this program may be silent before agents take it for gone, and run no more of its tasks: from 1000 to 2_147_483_647.
   * @default 30_000
   */
  leaseMs?: number;
  /** Whether a Redis without append-only file is refused. @default true */
  aofCheck?: boolean;
  /** Certificates for a server that is reached by TLS: Redis at a `rediss://` address, or PostgreSQL. With it, TLS is always used. */
  tls?: RedisTls;
}

interface ResolvedOptions {
  readonly address: EngineAddress;
  readonly group: string;
  readonly codeVersion: string | undefined;
  readonly agentTimeoutMs: number;
  readonly resultTtlMs: number;
  readonly leaseMs: number;
  readonly aofCheck: boolean;
}

const ACTION = "make a cluster";
const LEAST_LEASE_MS = 1000;
const LEAST_CONNECT_MS = 1000;
/** BullMQ takes no longer one, and no fraction. */
const LONGEST_LEASE_MS = 2 ** 31 - 1;
const KNOWN_OPTIONS: Record<keyof ClusterOptions, true> = {
  redis: true,
  postgres: true,
  secret: true,
  group: true,
  codeVersion: true,
  agentTimeoutMs: true,
  resultTtlMs: true,
  leaseMs: true,
  aofCheck: true,
  tls: true,
};

const TLS_OPTIONS: Record<keyof RedisTls, true> = { ca: true, cert: true, key: true };

/**
 * Machines that run a pool's tasks: agents of a group, reached through Redis or PostgreSQL.
 *
 * - One cluster serves any number of pools and executors; it connects when the first is made, and checks the server before work goes there.
 * - The agents run code that they have, named by the hash of its module graph, under their own permissions.
 * - Disposing it closes the connection. Close the pools first; a connection keeps the program alive.
 *
 * @example Four machines instead of four processes
 * ```ts ignore
 * import { Pool } from "@corral/multiprocessing";
 * import { Cluster } from "@corral/cluster";
 *
 * await using cluster = new Cluster({ redis: "redis://10.0.0.5:6379", secret: Deno.readTextFileSync("cluster.key") });
 * await cluster.ready();
 * console.log(await cluster.agents());
 * await using pool = new Pool<typeof import("./tasks.ts")>({ backend: cluster, module: import.meta.resolve("./tasks.ts") });
 * console.log(await pool.map("resize", ["a.jpg", "b.jpg"], { retries: 2 }));
 * console.log(cluster.connect.length); // 1: what a pool calls
 * ```
 */
export class Cluster implements TaskBackendProvider, AsyncDisposable {
  /** For messages of pools. */
  readonly description = { name: "a cluster", why: "agents decide how and where their workers run" };
  /** No option of a pool but those that mean the same everywhere. */
  readonly takes: readonly string[] = [];
  readonly #options: ResolvedOptions;
  readonly #sealer: Sealer;
  readonly #backends = new Set<ClusterBackend>();
  readonly #codes = new Map<string, Promise<string>>();
  readonly #disposal = new AbortController();
  #connection: ClientConnection | undefined;
  #disposed = false;
  #lastJob = 0;
  #lastShelf = 0;

  /**
   * Describes a cluster. Connects to nothing yet.
   *
   * @param options Where the server is, and what is shared with the agents.
   * @throws {TypeError} If an option has the wrong name or form, or there is not exactly one of `redis` and `postgres`.
   * @throws {RangeError} If a number is out of its range.
   */
  constructor(options: ClusterOptions) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`Cannot make a cluster: the options are ${options}, wanted { redis: "redis://…", secret }`);
    }
    checkArguments("new Cluster(options)", arguments, 1);
    checkNames(ACTION, "a cluster", options, KNOWN_OPTIONS);
    checkFlag(ACTION, "aofCheck", options.aofCheck);
    this.#sealer = new Sealer(options.secret);
    this.#options = {
      address: addressOf(options),
      group: checkGroup(options.group ?? "default"),
      codeVersion: options.codeVersion === undefined ? undefined : checkCodeVersion(options.codeVersion),
      agentTimeoutMs: milliseconds("agentTimeoutMs", options.agentTimeoutMs ?? 30_000, 0),
      resultTtlMs: milliseconds("resultTtlMs", options.resultTtlMs ?? 3_600_000, 1),
      leaseMs: Math.ceil(milliseconds("leaseMs", options.leaseMs ?? 30_000, LEAST_LEASE_MS, LONGEST_LEASE_MS)),
      aofCheck: options.aofCheck ?? true,
    };
  }

  /**
   * Connects, and resolves when the server was found fit for work.
   *
   * @throws {Error} If the server cannot be reached, refuses the account, is too old, may drop data, or has another time.
   */
  async ready(): Promise<void> {
    checkArguments("ready()", arguments, 0);
    await this.#connect().ready();
  }

  /**
   * The agents of the group that are alive, whatever code they serve.
   *
   * @returns What each says of itself.
   * @throws What `ready()` throws.
   */
  async agents(): Promise<AgentInfo[]> {
    checkArguments("agents()", arguments, 0);
    const agents = await this.#connect().agents();
    return agents.map(({ name, lanes, modules, corral, startedAt }) => ({
      name,
      lanes,
      modules,
      corral,
      startedAt,
    }));
  }

  /**
   * Makes the backend of one pool; `new Pool({ backend: cluster })` calls it.
   *
   * @param settings What the pool tells its backend.
   * @returns The backend, which connects meanwhile.
   * @throws {Error} If the cluster was closed before.
   */
  connect(settings: BackendSettings): TaskBackend {
    const connection = this.#connect();
    const { agentTimeoutMs, leaseMs, resultTtlMs } = this.#options;
    const backend: ClusterBackend = new ClusterBackend({
      settings,
      clientId: connection.id,
      sealer: this.#sealer,
      clock: systemClock,
      nextJobId: () => `${connection.id}-${++this.#lastJob}`,
      shelfName: `${clientShelf(connection.id)}-${++this.#lastShelf}`,
      agentTimeoutMs,
      leaseMs,
      resultTtlMs,
      open: async (listener) => {
        const [code] = await Promise.all([this.#codeOf(settings.moduleUrl), connection.ready()]);
        return { code, broker: await connection.open(code, listener) };
      },
      onEnd: () => this.#backends.delete(backend),
    });
    this.#backends.add(backend);
    return backend;
  }

  /** Terminates what still runs for this program (its tasks reject), and closes the connection. Takes a few seconds at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const error = (): Error => new Error("The cluster was closed");
    for (const backend of this.#backends) backend.shutDown(error);
    // A pool that was terminated before it knew the name of its code has left this to go on.
    this.#disposal.abort();
    await Promise.allSettled([...Array.from(this.#backends, ({ ended }) => ended), ...this.#codes.values()]);
    await this.#connection?.close();
  }

  #connect(): ClientConnection {
    if (this.#disposed) throw new Error("Cannot use the cluster: it was closed before");
    const { address, group, leaseMs, resultTtlMs, aofCheck, agentTimeoutMs } = this.#options;
    return this.#connection ??= new ClientConnection({
      address,
      group,
      leaseMs,
      storeTtlMs: resultTtlMs,
      aofCheck,
      connectTimeoutMs: Math.max(LEAST_CONNECT_MS, agentTimeoutMs),
    });
  }

  /** The name of a module's code. Asked for once for each module. */
  #codeOf(moduleUrl: string | undefined): Promise<string> {
    const { codeVersion } = this.#options;
    if (moduleUrl === undefined) return Promise.resolve(NO_MODULE_CODE);
    if (codeVersion !== undefined) return Promise.resolve(codeNameOfVersion(codeVersion, moduleUrl));
    let code = this.#codes.get(moduleUrl);
    if (code === undefined) {
      code = nameCode(moduleUrl, this.#disposal.signal);
      this.#codes.set(moduleUrl, code);
      // What kept it from being named may have been mended until the next pool is made.
      code.catch(() => this.#codes.delete(moduleUrl));
    }
    return code;
  }
}

function addressOf({ redis, postgres, tls }: ClusterOptions): EngineAddress {
  if (redis !== undefined && postgres !== undefined) {
    throw new TypeError(`Cannot make a cluster: "redis" and "postgres" are given, one is wanted`);
  }
  if (redis === undefined && postgres === undefined) {
    throw new TypeError(`Cannot make a cluster: neither "redis" nor "postgres" is given, one is wanted`);
  }
  if (tls !== undefined) checkTls(tls);
  return postgres === undefined ? redisAddress(redis!, tls) : postgresAddress(postgres, tls);
}

function checkTls(tls: RedisTls): void {
  if (typeof tls !== "object" || tls === null) {
    throw new TypeError(
      `Cannot ${ACTION}: "tls" is ${typeof tls}, wanted { ca: "…" }, or nothing but a rediss:// address`,
    );
  }
  checkNames(ACTION, '"tls"', tls, TLS_OPTIONS);
}

async function nameCode(moduleUrl: string, signal: AbortSignal): Promise<string> {
  let deno: string;
  try {
    deno = findDeno();
  } catch (error) {
    throw new Error(
      `Cannot name the code of ${moduleUrl}: this program may not run "deno info"; run it with --allow-run=deno and --allow-read, ` +
        `or pass codeVersion here and --code-version to the agents`,
      { cause: error },
    );
  }
  return await codeNameOfModule(moduleUrl, deno, nearestConfig(moduleUrl), signal);
}

function milliseconds(name: string, value: number, least: number, most = Infinity): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  const wanted = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`Cannot make a cluster: "${name}" is ${shown}, milliseconds ${wanted} are wanted`);
}
