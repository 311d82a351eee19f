import type { AgentProcess } from "../tests/helpers/agent_process.ts";
import type { RedisServer } from "../tests/helpers/redis_server.ts";

/** What can happen, and how often each happened. */
export interface FaultCounts {
  agentsKilled: number;
  agentsFrozen: number;
  redisRestarted: number;
  redisFrozen: number;
}

/** What faults are done to. */
export interface FaultTargets {
  readonly redis: RedisServer;
  readonly agents: AgentProcess[];
  readonly startAgent: (name: string) => Promise<AgentProcess>;
  /** From 0 to below 1, the same numbers for the same seed. */
  readonly random: () => number;
}

const MEAN_PAUSE_MS = 4000;
const MOST_FREEZE_MS = 6000;

/** Kills, freezes and restarts, one after another at random times, until it is told to stop. */
export class Faults {
  readonly counts: FaultCounts = { agentsKilled: 0, agentsFrozen: 0, redisRestarted: 0, redisFrozen: 0 };
  readonly #targets: FaultTargets;
  readonly #stop = Promise.withResolvers<void>();
  readonly #done: Promise<void>;
  #stopped = false;

  constructor(targets: FaultTargets) {
    this.#targets = targets;
    this.#done = this.#run();
  }

  /** Resolves when the last fault is over, and everything runs again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stop.resolve();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { random } = this.#targets;
    while (true) {
      // Poisson: pauses are exponential.
      await this.#sleep(-Math.log(1 - random()) * MEAN_PAUSE_MS);
      if (this.#stopped) return;
      await this.#fault(random());
    }
  }

  async #fault(kind: number): Promise<void> {
    const { redis, agents, startAgent, random } = this.#targets;
    const index = Math.floor(random() * agents.length);
    const agent = agents[index]!;
    const ms = random() * MOST_FREEZE_MS;
    if (kind < 0.4) {
      this.counts.agentsKilled++;
      await agent[Symbol.asyncDispose]();
      agents[index] = await startAgent(agent.name);
    } else if (kind < 0.7) {
      this.counts.agentsFrozen++;
      agent.kill("SIGSTOP");
      await this.#sleep(ms);
      agent.kill("SIGCONT");
    } else if (kind < 0.85) {
      this.counts.redisRestarted++;
      await redis.kill();
      await this.#sleep(ms / 4);
      await redis.restart();
    } else {
      this.counts.redisFrozen++;
      redis.freeze();
      await this.#sleep(ms / 2);
      redis.thaw();
    }
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, this.#stop.promise]);
    clearTimeout(timer);
  }
}
