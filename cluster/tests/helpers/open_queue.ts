import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { untilRedis } from "./redis_changes.ts";

/** The queue of the only code that is served, as somebody else sees it who looks at Redis. */
export async function openQueue(url: string): Promise<{ redis: Redis; queue: Queue } & AsyncDisposable> {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  await untilRedis(url, async () => (await redis.keys("bull:corral-*:meta")).length > 0);
  const [meta] = await redis.keys("bull:corral-*:meta");
  const queue = new Queue(meta!.split(":")[1]!, { connection: redis as never });
  return {
    redis,
    queue,
    async [Symbol.asyncDispose]() {
      await queue.close();
      redis.disconnect();
    },
  };
}
