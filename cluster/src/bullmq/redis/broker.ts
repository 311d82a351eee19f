import { Queue, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import type { Broker, JobState, OutgoingOrder } from "../../broker.ts";
import { queueName } from "../../names.ts";
import type { BrokerSettings } from "../engine.ts";
import { GroupBroker, type GroupBrokerOptions } from "../group_broker.ts";
import { toJob } from "../jobs.ts";
import { within } from "../../clock.ts";

const CLOSE_LIMIT_MS = 2000;
/** How many events the stream keeps. Those that a slow client misses, its sweep finds. */
const KEPT_EVENTS = 10_000;
/** Somebody may write one after the other. */
const EVENTS_PAUSE_MS = 500;
/** Takes jobs away that have ended: one script call for many, where BullMQ's own needs one for each, and writes an event for each. */
const TAKE_ENDED = `
for i = 1, #ARGV do
  local id = ARGV[i]
  if redis.call("ZREM", KEYS[1], id) == 1 or redis.call("ZREM", KEYS[2], id) == 1 then
    redis.call("DEL", KEYS[3] .. id, KEYS[3] .. id .. ":logs")
    ARGV[i] = ""
  end
end
return ARGV`;

/** What a broker is made of. */
export interface RedisBrokerOptions extends BrokerSettings, GroupBrokerOptions {
  readonly redis: Redis;
}

/** One pool's orders and their outcomes, in a BullMQ queue. */
export class RedisBroker extends GroupBroker implements Broker {
  readonly sweepMs = 2000;
  readonly #options: RedisBrokerOptions;
  readonly #queue: Queue;
  readonly #keyPrefix: string;
  #events: QueueEvents | undefined;
  #closed = false;
  readonly #closing = Promise.withResolvers<void>();

  constructor(options: RedisBrokerOptions) {
    super(options);
    this.#options = options;
    this.#queue = new Queue(queueName(options.group, options.code), {
      connection: options.redis as never,
      streams: { events: { maxLen: KEPT_EVENTS } },
    });
    this.#queue.on("error", () => {});
    this.#keyPrefix = this.#queue.toKey("");
  }

  /** Resolves when events are read. */
  protected override async ready(): Promise<void> {
    await this.#queue.waitUntilReady();
    await this.#readEvents();
  }

  async add(orders: readonly OutgoingOrder[]): Promise<void> {
    const jobs = orders.map(toJob);
    const [only] = jobs;
    // A transaction around one job costs its caller, who may well wait for it, a quarter of the time that sending takes.
    if (jobs.length === 1) await this.#queue.add(only!.name, only!.data, only!.opts);
    else await this.#queue.addBulk(jobs);
  }

  refusal(error: unknown): string | undefined {
    return error instanceof Error && error.name === "ReplyError" ? error.message : undefined;
  }

  async inspect(ids: readonly string[]): Promise<JobState[]> {
    const fields = ["timestamp", "processedOn", "finishedOn", "returnvalue", "failedReason", "pb"] as const;
    // One write for all of them.
    const pipeline = this.#options.redis.pipeline();
    for (const id of ids) pipeline.hmget(this.#keyPrefix + id, ...fields);
    const rows = (await pipeline.exec())!.map(([error, row]) => {
      if (error !== null) throw error;
      return row as (string | null)[];
    });
    return rows.map(
      ([timestamp = null, processedOn = null, finishedOn = null, returnvalue, failedReason, agent]): JobState => {
        if (timestamp === null) return { state: "missing" };
        if (finishedOn !== null) {
          return { state: "finished", letter: parsed(returnvalue ?? null), reason: failedReason ?? "" };
        }
        return processedOn === null ? { state: "waiting" } : { state: "active", agent: agent ?? "" };
      },
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const keys = [this.#queue.toKey("completed"), this.#queue.toKey("failed"), this.#keyPrefix];
    const rest = await this.#options.redis.eval(TAKE_ENDED, keys.length, ...keys, ...ids) as string[];
    await Promise.all(rest.filter((id) => id !== "").map((id) => this.#queue.remove(id).catch(() => 0)));
  }

  async #readEvents(): Promise<void> {
    const { redis, listener } = this.#options;
    // Read here, since events begins at "$" only when it has connected, and misses what comes before.
    const [last] = await redis.xrevrange(this.#queue.toKey("events"), "+", "-", "COUNT", 1);
    if (this.#closed) return;
    const events = this.#events = new QueueEvents(this.#queue.name, {
      connection: redis as never,
      lastEventId: last?.[0] ?? "0-0",
      blockingTimeout: 5000,
      autorun: false,
    });
    events.on("error", () => {});
    events.on("active", ({ jobId }) => listener.active(jobId, ""));
    events.on("stalled", ({ jobId }) => listener.stalled(jobId));
    events.on("completed", ({ jobId, returnvalue }) => listener.finished(jobId, returnvalue));
    events.on("failed", ({ jobId }) => listener.finished(jobId, undefined));
    events.on("progress", ({ jobId, data }) => listener.progress(jobId, data));
    events.run().catch(() => this.#readOn(events));
  }

  /** An event that cannot be read, which anybody may have written, ends BullMQ's reader, and it would begin before it again. The sweep finds what is left out. */
  async #readOn(events: QueueEvents): Promise<void> {
    await within(CLOSE_LIMIT_MS, events.close());
    if (!this.#closed) await within(EVENTS_PAUSE_MS, this.#closing.promise);
    if (!this.#closed) await this.#readEvents().catch(() => this.#readOn(events));
  }

  protected override async closeQueue(): Promise<void> {
    this.#closed = true;
    this.#closing.resolve();
    // Each of these may wait for ever where Redis is away.
    if (this.#events !== undefined) await within(CLOSE_LIMIT_MS, this.#events.close());
    await within(CLOSE_LIMIT_MS, this.#queue.close());
  }
}

function parsed(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
