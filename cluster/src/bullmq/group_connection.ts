import type { Redis } from "ioredis";
import { GroupLink } from "./group_link.ts";
import { closeRedis, openRedis, type RedisAddress, shownAddress, within } from "./redis_client.ts";
import { readRedisState, refusalOf } from "./start_checks.ts";
import { RedisStore } from "./store.ts";

const CLOSE_LIMIT_MS = 2000;

/** What a member's connection is made of. */
export interface ConnectionOptions {
  /** Names the member. */
  readonly id: string;
  /** What it says of itself, at most 256 characters. */
  readonly name: string;
  readonly address: RedisAddress;
  readonly group: string;
  readonly leaseMs: number;
  readonly storeTtlMs: number;
  readonly aofCheck: boolean;
  /** How long the first connection may take. */
  readonly connectTimeoutMs: number;
  /** Told when the connection comes and goes. */
  readonly onChange: (up: boolean, error: Error | undefined) => void;
}

/** What there is once the server was found fit. */
export interface Checked {
  readonly link: GroupLink;
  /** The difference of the server's clock to this machine's. */
  readonly clockOffsetMs: number;
}

/** A member's connection to its group, checked before it is used. */
export class GroupConnection {
  readonly redis: Redis;
  readonly store: RedisStore;
  readonly #options: ConnectionOptions;
  readonly #checked: Promise<Checked>;
  #link: GroupLink | undefined;
  #lastError: Error | undefined;
  #ready = false;

  /** Connects in the background. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.redis = this.openAnother();
    this.redis.on("close", () => this.#tell(false));
    this.redis.on("ready", () => this.#tell(true));
    this.store = new RedisStore(this.redis, options.group, options.storeTtlMs);
    this.#checked = this.#check();
    this.#checked.catch(() => {});
  }

  /** Resolves when the server was found fit for work, and this member is known in the group. */
  checked(): Promise<Checked> {
    return this.#checked;
  }

  /** Opens one more connection to the same server, for reads that block it. The caller closes it. */
  openAnother(): Redis {
    return openRedis(this.#options.address, (error) => {
      this.#lastError = error;
    });
  }

  /** Ends it, within a few seconds. */
  async close(): Promise<void> {
    // That it goes now is no news.
    this.#ready = false;
    await this.#link?.close();
    if (this.redis.status === "ready") await within(CLOSE_LIMIT_MS, this.redis.quit());
    await closeRedis(this.redis, CLOSE_LIMIT_MS);
  }

  async #check(): Promise<Checked> {
    const { address, group, leaseMs, aofCheck, connectTimeoutMs, id, name } = this.#options;
    await this.#connected(connectTimeoutMs);
    const state = await readRedisState(this.redis);
    const refusal = refusalOf(state, address, { aofCheck });
    if (refusal !== undefined) throw new Error(refusal);
    const onError = (error: Error): void => {
      this.#lastError = error;
    };
    this.#link = new GroupLink({ redis: this.redis, group, id, name, leaseMs, onError });
    await this.#link.ready();
    this.#ready = true;
    return { link: this.#link, clockOffsetMs: state.serverTimeMs - state.ownTimeMs };
  }

  async #connected(limitMs: number): Promise<void> {
    if (await within(limitMs, this.redis.ping())) return;
    const { address } = this.#options;
    const error = this.#lastError;
    const detail = error === undefined ? "it does not answer" : error.message || String(error);
    throw new Error(
      `Cannot reach Redis at ${shownAddress(address)} within ${limitMs / 1000} s: ${detail}; ` +
        `is it running, and does this program have --allow-net=${new URL(address.url).host}?`,
      { cause: error },
    );
  }

  #tell(up: boolean): void {
    if (this.#ready) this.#options.onChange(up, up ? undefined : this.#lastError);
  }
}
