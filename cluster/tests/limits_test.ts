// End-to-end: every limit of time and every count of this package, with lengths that a runtime's timer holds and lengths that it does not.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Cluster, type ClusterOptions } from "../mod.ts";
import { readAgentFlags, UsageError } from "../src/agent/flags.ts";
import { OwnedClock, systemClock, within } from "../src/clock.ts";
import { WorkerStartError } from "../src/corral.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { Caller } from "./helpers/caller.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { SECRET } from "./helpers/secret.ts";

type Limit = keyof ClusterOptions & `${string}Ms`;

/** `setTimeout` fires at once for each of these. */
const LONG = [2 ** 31, 3e9, Infinity];
const LENGTHS = [0, 1, ...LONG];
/** Which lengths are taken. The compiler knows when one is missing. */
const TAKEN: Readonly<Record<Limit, readonly number[]>> = {
  agentTimeoutMs: LENGTHS,
  resultTtlMs: [1, ...LONG],
  leaseMs: [],
};
const BORDERS: readonly [name: Limit, length: number][] = [["leaseMs", 1000], ["leaseMs", 1000.5], [
  "leaseMs",
  2 ** 31 - 1,
]];

const options = { ignore: NO_REDIS !== undefined };

/** Timers fire in the order in which they are due: one that fires at once has, before this resolves. */
const timersAtOnceHaveFired = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

const makeCluster = (name: Limit, length: number): Cluster =>
  new Cluster({ redis: "redis://127.0.0.1", secret: SECRET, [name]: length });

Deno.test("ClusterOptions refuses each limit that it cannot hold when the cluster is made", () => {
  for (const [name, taken] of Object.entries(TAKEN) as [Limit, readonly number[]][]) {
    for (const length of [...LENGTHS, NaN, -1]) {
      if (taken.includes(length)) makeCluster(name, length);
      else assertThrows(() => makeCluster(name, length), RangeError, `"${name}" is ${length}, milliseconds`);
    }
    assertThrows(() => makeCluster(name, "5" as never), RangeError, `"${name}" is "5", milliseconds`);
  }
  for (const [name, length] of BORDERS) makeCluster(name, length);
});

Deno.test("corral-agent takes the times and counts that it can hold, and refuses the others by name", () => {
  const read = (...args: string[]) =>
    readAgentFlags(["--redis", "redis://h:1", "--secret-file", "k", ...args], () => "");
  const times = ["0ms", "1ms", "2147483647ms", "2147483648ms", "3000000000ms", "Infinity", "NaN", "-1ms", "5"];
  for (const flag of ["drain", "lock", "lease", "result-ttl"]) {
    for (const text of times) {
      const isTaken = ["1ms", "2147483647ms"].includes(text);
      if (isTaken) read(`--${flag}=${text}`);
      else assertThrows(() => read(`--${flag}=${text}`), UsageError, `Cannot use "${text}" as --${flag}: a time`);
    }
  }
  for (const flag of ["jobs", "concurrency"]) {
    for (const text of ["1", "5"]) read(`--${flag}=${text}`);
    for (const text of ["0", "Infinity", "NaN", "-1", "1.5"]) {
      assertThrows(() => read(`--${flag}=${text}`), UsageError, `Cannot use "${text}" as --${flag}: a whole number`);
    }
    for (const text of ["2147483648", "3000000000"]) {
      assertThrows(() => read(`--${flag}=${text}`), UsageError, "tasks at once: --jobs times --concurrency is at most");
    }
  }
});

Deno.test("systemClock.after(), OwnedClock and within() wait as long as they are told, however long", async () => {
  for (const ms of LONG) {
    let calls = 0;
    const alarm = systemClock.after(ms, () => void calls++);
    const owned = new OwnedClock(systemClock);
    owned.after(ms, () => void calls++);
    const { promise, resolve } = Promise.withResolvers<void>();
    const inTime = within(ms, promise);
    await timersAtOnceHaveFired();
    resolve();
    assertEquals([calls, await inTime], [0, true]);
    alarm.cancel();
    owned.stop();
  }
  for (const ms of [0, 1]) {
    assertEquals(await within(ms, Promise.withResolvers<void>().promise), false);
    await new Promise<void>((resolve) => systemClock.after(ms, resolve));
  }
});

Deno.test("ClusterOptions.agentTimeoutMs rejects at once without an agent, or waits for one", options, async () => {
  await using redis = await RedisServer.start();
  await using impatient = new Caller(redis.url, { agentTimeoutMs: 0 });
  const error = await assertRejects(() => impatient.call("square", [3]), WorkerStartError, "for 0 s");
  assertEquals(error.taskStarted, false);
  const callers = LONG.map((agentTimeoutMs) => new Caller(redis.url, { agentTimeoutMs }));
  const calls = callers.map((caller) => caller.call("square", [3]));
  for (const caller of callers) await caller.cluster.ready();
  await timersAtOnceHaveFired();
  await using _agent = await AgentProcess.start(redis.url, { jobs: 1 });
  assertEquals(await Promise.all(calls), [9, 9, 9]);
  for (const caller of callers) await caller[Symbol.asyncDispose]();
});

Deno.test("A cluster works with the longest of its limits", options, async () => {
  await using redis = await RedisServer.start();
  await using _agent = await AgentProcess.start(redis.url, { jobs: 1 });
  const long = Object.entries(TAKEN).flatMap(([name, lengths]) =>
    lengths.filter((length) => length > 1).map((length): [string, number] => [name, length])
  );
  for (const [name, length] of [...long, ...BORDERS]) {
    await using caller = new Caller(redis.url, { [name]: length });
    assertEquals(await caller.call("byteCount", [new Uint8Array(100_000).fill(1)]), 100_000, `${name}: ${length}`);
  }
});
