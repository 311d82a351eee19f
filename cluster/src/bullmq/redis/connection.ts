import { type Processor, Queue, type Worker, type WorkerOptions } from "bullmq";
import type { Redis } from "ioredis";
import type { Broker } from "../../broker.ts";
import { relayNamespace } from "../../names.ts";
import type { BrokerSettings, Checked, ConnectionOptions, EngineConnection } from "../engine.ts";
import { GroupLink } from "../group_link.ts";
import { shownAddress } from "../address.ts";
import { ServerCheck } from "../server_check.ts";
import { SteadyWorker } from "../steady_worker.ts";
import { RedisBroker } from "./broker.ts";
import { RedisSockets } from "./sockets.ts";
import { accountRefusal, readOnlyRefusal, readRedisState, type RedisState, refusalOf } from "../start_checks.ts";
import { RedisStore } from "./store.ts";
import { pause, systemClock, within } from "../../clock.ts";

const CLOSE_LIMIT_MS = 2000;
const REPLICA_PAUSE_MS = 500;
/** What Relay was asking when its connection was cut, it would ask again after so long: only then it sees that it is closed. */
const RELAY_PAUSE_MS = 100;

/** A member's connection to its group over Redis. */
export class RedisConnection implements EngineConnection {
  readonly #sockets: RedisSockets;
  readonly #redis: Redis;
  readonly store: RedisStore;
  readonly #options: ConnectionOptions;
  readonly #check: ServerCheck;
  #closed = false;
  /** Resolves when it closes: what waits to look again stops then. */
  readonly #closing = Promise.withResolvers<void>();
  #link: GroupLink | undefined;
  #lastError: Error | undefined;
  /** Why the server must not get more work since the connection was made again. */
  #unfit: Error | undefined;
  #ready = false;
  #up = true;

  /** Connects in the background. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#sockets = new RedisSockets(options.address, (error) => {
      this.#lastError = error;
    });
    this.#redis = this.#sockets.open();
    this.#redis.on("close", () => this.#tell(false));
    this.#redis.on("ready", () => void this.#lookAgain());
    this.store = new RedisStore(this.#redis, options.group, options.storeTtlMs);
    this.#check = new ServerCheck(() => this.#join());
  }

  checked(): Promise<Checked> {
    if (this.#unfit !== undefined) return Promise.reject(this.#unfit);
    return this.#check.found();
  }

  async serverTimeMs(): Promise<number> {
    const [seconds, micros] = await this.#redis.time();
    return Number(seconds) * 1000 + Number(micros) / 1000;
  }

  async openBroker(settings: BrokerSettings): Promise<Broker> {
    const { link, clockOffsetMs } = await this.#check.found();
    return await new RedisBroker({
      ...settings,
      redis: this.#redis,
      link,
      clockOffsetMs,
      store: this.store,
    }).opened();
  }

  openQueue(name: string): Queue {
    // The type is that of the ioredis that BullMQ itself was built with.
    return new Queue(name, { connection: this.#redis as never });
  }

  openWorker(name: string, processor: Processor, options: Omit<WorkerOptions, "connection">): Worker {
    return new SteadyWorker(name, processor, { ...options, connection: this.#redis as never });
  }

  /** Ends it, within a few seconds. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#check.close();
    this.#closing.resolve();
    // That it goes now is no news.
    this.#ready = false;
    const hasLeft = await this.#link?.close() ?? true;
    if (this.#redis.status === "ready") await within(CLOSE_LIMIT_MS, this.#redis.quit());
    await this.#sockets.close();
    if (!hasLeft) await pause(systemClock, RELAY_PAUSE_MS);
  }

  /** Looks at the server, and joins the group there. */
  async #join(): Promise<Checked> {
    const { address, group, leaseMs, aofCheck, connectTimeoutMs, id, name } = this.#options;
    await this.#connected(connectTimeoutMs);
    const state = await this.#writableState(connectTimeoutMs);
    const refusal = refusalOf(state, address, { aofCheck });
    if (refusal !== undefined) throw new Error(refusal);
    await this.#selected();
    const onError = (error: Error): void => {
      this.#lastError = error;
    };
    await this.#link?.close();
    this.#link = new GroupLink({
      group,
      id,
      name,
      leaseMs,
      onError,
      relay: { connection: this.#redis as never },
      isAlive: (member) => this.#isAlive(member),
    });
    const link = this.#link;
    await this.#allowed(() => link.ready());
    this.#ready = true;
    return { link: this.#link, clockOffsetMs: state.serverTimeMs - state.ownTimeMs };
  }

  /** In a failover, a replica is about to take over, or the address to lead to another server: nothing could be written to this one, and all would wait. */
  async #writableState(limitMs: number): Promise<RedisState> {
    const until = performance.now() + limitMs;
    for (;;) {
      const state = await this.#allowed(() => readRedisState(this.#redis));
      if (!state.isReplica) return state;
      if (performance.now() >= until) {
        throw new Error(readOnlyRefusal("Redis", shownAddress(this.#options.address), limitMs));
      }
      await within(REPLICA_PAUSE_MS, this.#closing.promise);
      if (this.#closed) throw new Error("The connection was closed");
      this.#redis.disconnect(true);
    }
  }

  /** Asks something of the server, and explains its refusal. */
  async #allowed<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ReplyError") throw error;
      throw new Error(accountRefusal("Redis", shownAddress(this.#options.address), error.message), { cause: error });
    }
  }

  /** ioredis uses database 0 without a word where there is none of the number in the address. */
  async #selected(): Promise<void> {
    const { db = 0 } = this.#redis.options;
    if (db === 0) return;
    try {
      await this.#redis.select(db);
    } catch (error) {
      const server = shownAddress(this.#options.address);
      throw new Error(`Cannot use Redis at ${server}: it has no database ${db}, ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async #isAlive(member: string): Promise<boolean> {
    // Of Relay's layout 1: the members, with the end of each one's lease.
    const deadline = await this.#redis.zscore(`bull::relay:{${relayNamespace(this.#options.group)}}:nodes`, member);
    if (deadline === null) return false;
    const [seconds] = await this.#redis.time();
    return Number(deadline) > Number(seconds) * 1000;
  }

  async #connected(limitMs: number): Promise<void> {
    if (await within(limitMs, this.#redis.ping())) return;
    const { address } = this.#options;
    const url = new URL(address.url);
    const isTls = url.protocol === "rediss:" || address.tls !== undefined;
    const error = this.#lastError;
    const detail = error === undefined ? "it does not answer" : error.message || String(error);
    throw new Error(
      `Cannot reach Redis at ${shownAddress(address)} within ${limitMs / 1000} s: ${detail}; ` +
        `is it running${isTls ? ", does it speak TLS" : ""}, and does this program have --allow-net=${url.host}?`,
      { cause: error },
    );
  }

  /**
   * The server that is there again may be another one, or have other settings: where it would drop tasks, that is told, and no pool opens. What
   * is open goes on, since its tasks are there.
   */
  async #lookAgain(): Promise<void> {
    if (!this.#ready) return;
    const { address, aofCheck, onChange } = this.#options;
    try {
      const refusal = refusalOf(await readRedisState(this.#redis), address, { aofCheck });
      this.#unfit = refusal === undefined ? undefined : new Error(refusal);
    } catch {
      // It is away again: the next time it is asked again.
      return;
    }
    if (this.#unfit === undefined || !this.#ready) return this.#tell(true);
    this.#up = false;
    onChange(false, this.#unfit);
  }

  /** Each try to connect again that fails closes a connection too, which nobody needs to hear. */
  #tell(up: boolean): void {
    if (!this.#ready || this.#up === up) return;
    this.#up = up;
    this.#options.onChange(up, up ? undefined : this.#lastError);
  }
}
