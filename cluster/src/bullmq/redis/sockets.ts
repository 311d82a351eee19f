import type { Redis, RedisOptions } from "ioredis";
import { systemClock, within } from "../../clock.ts";
import type { EngineAddress } from "../address.ts";
import { DeadSockets, type Watched } from "./dead_sockets.ts";
import { openRedis, probeOf } from "./client.ts";

const CLOSE_LIMIT_MS = 2000;

/** All connections of one member to its Redis, also those that BullMQ makes for itself: when they are closed, nothing is left of them. */
export class RedisSockets {
  readonly #address: EngineAddress;
  readonly #onError: (error: Error) => void;
  readonly #open = new Map<Redis, Promise<void>>();
  #dead: DeadSockets | undefined;
  #closed = false;

  constructor(address: EngineAddress, onError: (error: Error) => void) {
    this.#address = address;
    this.#onError = onError;
  }

  /** Opens one more. */
  open(options?: RedisOptions): Redis {
    if (this.#closed) throw new Error("Cannot connect to Redis: the connection was closed before");
    const redis = openRedis(this.#address, this.#onError, (options) => this.open(options), options);
    const { promise, resolve } = Promise.withResolvers<void>();
    // BullMQ says "end" of some that have not ended, so that only the event counts.
    redis.once("end", () => {
      this.#open.delete(redis);
      resolve();
    });
    this.#open.set(redis, promise);
    this.#dead ??= new DeadSockets(systemClock, () => this.#watched(), () => probeOf(redis));
    return redis;
  }

  /** Ends all of them, and waits until they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#dead?.stop();
    const ends = [...this.#open.values()];
    for (const redis of this.#open.keys()) redis.disconnect();
    await within(CLOSE_LIMIT_MS, Promise.all(ends));
  }

  #watched(): Watched[] {
    return [...this.#open.keys()].map(({ stream, commandQueue }) => ({
      stream: stream as Watched["stream"],
      commandQueue,
    }));
  }
}
