// End-to-end: events that somebody else has written, with a real Redis. The sweep is not there, so that only events tell.
import { assertEquals, assertRejects } from "@std/assert";
import { Redis } from "ioredis";
import type { BrokerListener } from "../../src/broker.ts";
import { memberId } from "../../src/bullmq/group_link.ts";
import { openEngine } from "../../src/bullmq/open_engine.ts";
import { queueName } from "../../src/names.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";

Deno.test("events that cannot be read keep no later ones away", { ignore: NO_REDIS !== undefined }, async () => {
  await using server = await RedisServer.start();
  const connection = openEngine({
    ...{ id: memberId("c"), name: "test", address: { url: server.url, tls: undefined }, group: "g" },
    ...{ leaseMs: 30_000, storeTtlMs: 1000, aofCheck: true, connectTimeoutMs: 10_000, onChange: () => {} },
  });
  await connection.checked();
  const seen = new Set<string>();
  const ignore = (): void => {};
  const listener: Omit<BrokerListener, "connection"> = {
    ...{ stalled: ignore, finished: ignore, progress: ignore },
    active: (id) => void seen.add(id),
  };
  const broker = await connection.openBroker({ group: "g", code: "c", listener, onClose: ignore });
  const admin = new Redis(server.url);
  const key = `bull:${queueName("g", "c")}:events`;
  const tell = (...fields: string[]) => admin.xadd(key, "*", ...fields);
  const hears = async (id: string): Promise<void> => {
    while (!seen.has(id)) await tell("event", "active", "jobId", id);
  };
  await hears("first");
  await tell("event", "completed", "jobId", "x", "returnvalue", "{bad");
  await hears("second");
  await tell("event", "progress", "jobId", "x", "data", "nope");
  await hears("third");
  await tell("event", "progress", "jobId", "x");
  // It closes also while it waits to read on.
  await broker.close();
  await connection.close();
  admin.disconnect();
});

Deno.test(
  "a pool whose events cannot be read leaves nothing on the connection",
  { ignore: NO_REDIS !== undefined },
  async () => {
    await using server = await RedisServer.start();
    const connection = openEngine({
      ...{ id: memberId("c"), name: "test", address: { url: server.url, tls: undefined }, group: "g" },
      ...{ leaseMs: 30_000, storeTtlMs: 1000, aofCheck: true, connectTimeoutMs: 10_000, onChange: () => {} },
    });
    await connection.checked();
    const admin = new Redis(server.url);
    await admin.set(`bull:${queueName("g", "c")}:events`, "no stream");
    const queue = connection.openQueue("other");
    await queue.waitUntilReady();
    const shared = queue.opts.connection as unknown as Redis;
    const listeners = (): number[] => ["error", "close", "ready"].map((name) => shared.listenerCount(name));
    const before = listeners();
    const ignore = (): void => {};
    const listener = { active: ignore, stalled: ignore, finished: ignore, progress: ignore };
    await assertRejects(
      () => connection.openBroker({ group: "g", code: "c", listener, onClose: ignore }),
      Error,
      "WRONGTYPE",
    );
    assertEquals(listeners(), before);
    await queue.close();
    await connection.close();
    admin.disconnect();
  },
);
