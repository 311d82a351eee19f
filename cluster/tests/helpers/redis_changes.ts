import { Redis } from "ioredis";

/** Resolves when a condition holds: looked at whenever a key of the server has changed or ended. */
export async function untilRedis(url: string, condition: () => Promise<boolean>): Promise<void> {
  const redis = new Redis(url);
  try {
    await redis.config("SET", "notify-keyspace-events", "KA");
    let changed = Promise.withResolvers<void>();
    redis.on("pmessage", () => changed.resolve());
    await redis.psubscribe("__keyspace@*");
    while (!await condition()) {
      await changed.promise;
      changed = Promise.withResolvers<void>();
    }
  } finally {
    redis.disconnect();
  }
}
