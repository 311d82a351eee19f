/** What must be right before work is entrusted to a Redis. BullMQ only prints warnings. */
import type { Redis } from "ioredis";
import { type EngineAddress, shownAddress } from "./address.ts";

const OLDEST_REDIS = [6, 2] as const;
const MOST_CLOCK_SKEW_MS = 60_000;

/** What is looked at. */
export interface RedisState {
  readonly version: string;
  readonly evictionPolicy: string;
  readonly isAppendOnly: boolean;
  /** Whether it takes only reads, from another server that may give way to it. */
  readonly isReplica: boolean;
  /** Whether it is one of several servers that each have a part of the keys. */
  readonly isClusterNode: boolean;
  /** Milliseconds since 1970 by the server's clock. */
  readonly serverTimeMs: number;
  /** The same by this machine's. */
  readonly ownTimeMs: number;
}

/** Reads it. INFO and TIME suffice, so that an account without CONFIG will do. */
export async function readRedisState(redis: Redis): Promise<RedisState> {
  const info = await redis.info();
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const before = Date.now();
  const [seconds, micros] = await redis.time();
  return {
    version: field("redis_version"),
    evictionPolicy: field("maxmemory_policy"),
    isAppendOnly: field("aof_enabled") === "1",
    isReplica: field("role") === "slave",
    isClusterNode: field("redis_mode") === "cluster",
    serverTimeMs: Number(seconds) * 1000 + Number(micros) / 1000,
    ownTimeMs: (before + Date.now()) / 2,
  };
}

/** Why work must not be entrusted to it, with the command that mends it; nothing when all is right. */
export function refusalOf(
  state: RedisState,
  address: EngineAddress,
  options: { aofCheck: boolean },
): string | undefined {
  const server = shownAddress(address);
  const [major = 0, minor = 0] = state.version.split(".").map(Number);
  if (major < OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor < OLDEST_REDIS[1])) {
    return `Cannot use Redis at ${server}: it is version ${state.version}, ${
      OLDEST_REDIS.join(".")
    } or newer is wanted`;
  }
  if (state.isClusterNode) {
    return `Cannot use Redis at ${server}: it is a node of a Redis Cluster, which has a part of the keys; ` +
      `a server that has all of them is wanted, with replicas or without`;
  }
  if (state.evictionPolicy !== "noeviction") {
    return `Cannot use Redis at ${server}: its maxmemory-policy is "${state.evictionPolicy}", under which it drops tasks when memory ` +
      `is short, "noeviction" is wanted; run: redis-cli CONFIG SET maxmemory-policy noeviction`;
  }
  if (options.aofCheck && !state.isAppendOnly) {
    return `Cannot use Redis at ${server}: it has no append-only file, a restart would lose every task; ` +
      `run: redis-cli CONFIG SET appendonly yes (or pass aofCheck: false, --no-aof-check, where tasks may be lost)`;
  }
  return clockRefusal("Redis", server, state.ownTimeMs - state.serverTimeMs);
}

/** Why a server that takes only reads cannot be used. */
export function readOnlyRefusal(kind: string, server: string, limitMs: number): string {
  return `Cannot use ${kind} at ${server}: for ${limitMs / 1000} s it has taken only reads, as a replica does; ` +
    `give the address of the server that takes writes`;
}

/** Why a server that has answered with an error cannot be used, with what mends it. */
export function accountRefusal(kind: string, server: string, answer: string): string {
  return `Cannot use ${kind} at ${server}: it refuses this account, ${JSON.stringify(answer)}; ` +
    `give user and password in the address (${kind === "Redis" ? "redis" : "postgres"}://USER:PASSWORD@HOST), ` +
    `and the account what docs/cluster.md lists`;
}

/** Why a machine whose clock is so far ahead of the server's must not take part; nothing when it may. */
export function clockRefusal(
  kind: string,
  server: string,
  aheadMs: number,
  mostMs: number = MOST_CLOCK_SKEW_MS,
): string | undefined {
  const skewMs = Math.round(aheadMs);
  if (Math.abs(skewMs) <= mostMs) return undefined;
  const where = skewMs > 0 ? "ahead of" : "behind";
  return `Cannot use ${kind} at ${server}: this machine's clock is ${Math.abs(skewMs) / 1000} s ${where} ` +
    `the server's, at most ${mostMs / 1000} s are wanted; set both by NTP`;
}
