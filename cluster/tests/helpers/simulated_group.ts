import type { Broker, BrokerListener, JobState, KnownAgent, OutgoingOrder } from "../../src/broker.ts";
import type { Clock } from "../../src/clock.ts";
import type { Letter, Sealer } from "../../src/message/letter.ts";
import { openOrder, type Order } from "../../src/message/order.ts";
import { type OutcomeBody, sealOutcome } from "../../src/message/outcome.ts";

/** How the engine and its agents behave, each a chance from 0 to 1. */
export interface Misbehaviour {
  /** An event is lost. */
  loseEvent: number;
  /** An event comes twice. */
  repeatEvent: number;
  /** Adding fails, though it has worked. */
  failAdd: number;
  /** An agent gives a task back unstarted. */
  refuse: number;
  /** An agent is lost with the task it runs. */
  loseAgent: number;
  /** The engine forgets a job. */
  forget: number;
  /** A forged result is told. */
  forge: number;
}

/** A group that misbehaves in no way. */
export const WELL_BEHAVED: Misbehaviour = {
  loseEvent: 0,
  repeatEvent: 0,
  failAdd: 0,
  refuse: 0,
  loseAgent: 0,
  forget: 0,
  forge: 0,
};

/** What it costs. */
export interface GroupCosts {
  /** One way through the engine, in milliseconds. */
  readonly tripMs: number;
  /** Processor time of the engine for a job, start to end: it does one thing at a time. */
  readonly engineMs: number;
  /** The same of the client, which does one thing at a time as well. @default 0 */
  readonly clientMs?: number;
  /** How long a task runs. */
  readonly taskMs: (order: Order) => number;
}

interface Job {
  readonly order: OutgoingOrder;
  state: "waiting" | "active" | "finished";
  letter: Letter | undefined;
  starts: number;
  cancelled: boolean;
}

/** What a group is made of. */
export interface GroupOptions {
  readonly clock: Clock & { sleep(ms: number): Promise<void> };
  readonly sealer: Sealer;
  readonly lanes: number;
  readonly code: string;
  readonly costs: GroupCosts;
  readonly misbehaviour: Misbehaviour;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** An engine and its agents in memory, in virtual time: a broker that does what BullMQ does, and what can go wrong with it. */
export class SimulatedGroup implements Broker {
  readonly clockOffsetMs = 0;
  readonly sweepMs = 2000;
  /** How often each job was started. */
  readonly starts = new Map<string, number>();
  listener: BrokerListener | undefined;
  readonly #options: GroupOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: Job[] = [];
  #freeLanes: number;
  #engineFreeAt = 0;
  #clientFreeAt = 0;
  /** Milliseconds of tasks that were run. */
  workedMs = 0;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#freeLanes = options.lanes;
  }

  /** How many jobs it knows. */
  get size(): number {
    return this.#jobs.size;
  }

  async add(orders: readonly OutgoingOrder[]): Promise<void> {
    await this.#clientTime(orders.length);
    await this.#trip();
    for (const order of orders) {
      if (this.#jobs.has(order.id)) continue;
      const job: Job = { order, state: "waiting", letter: undefined, starts: 0, cancelled: false };
      this.#jobs.set(order.id, job);
      this.#waiting.push(job);
    }
    this.#fetch();
    await this.#trip();
    if (this.#chance("failAdd")) throw new Error("the answer was lost");
  }

  /** What it fails with is an answer that was lost. */
  refusal(): undefined {}

  async inspect(ids: readonly string[]): Promise<JobState[]> {
    await this.#trip();
    return ids.map((id): JobState => {
      const job = this.#jobs.get(id);
      if (job === undefined) return { state: "missing" };
      if (job.state === "finished") return { state: "finished", letter: job.letter, reason: "" };
      return job.state === "active" ? { state: "active", agent: "sim" } : { state: "waiting" };
    });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#trip();
    for (const id of ids) if (this.#jobs.get(id)?.state !== "active") this.#jobs.delete(id);
  }

  async cancel(letter: Letter): Promise<void> {
    await this.#trip();
    const text = this.#options.sealer.open("cancel", letter);
    for (const id of (JSON.parse(text!) as { ids: string[] }).ids) {
      const job = this.#jobs.get(id);
      if (job !== undefined) job.cancelled = true;
    }
  }

  agents(): Promise<KnownAgent[]> {
    const { lanes, code } = this.#options;
    const startedAt = new Date(0);
    return Promise.resolve([
      { id: "a0", pid: 1, name: "sim", lanes, modules: [code], corral: "0", startedAt },
    ]);
  }

  put(): Promise<void> {
    return Promise.resolve();
  }

  get(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  drop(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.listener = undefined;
    return Promise.resolve();
  }

  #fetch(): void {
    while (this.#freeLanes > 0 && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      if (this.#jobs.get(job.order.id) !== job || job.state !== "waiting") continue;
      this.#freeLanes--;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    const { sealer, costs, clock } = this.#options;
    const { id, letter } = job.order;
    const order = openOrder(sealer, id, letter) as Order;
    job.state = "active";
    job.starts++;
    await this.#engineTime();
    this.#tell(() => this.listener?.active(id, "sim"));
    if (this.#chance("forge")) this.listener?.finished(id, { l: "{}", m: "forged" });
    if (job.starts - 1 > order.retries) return this.#end(job, { kind: "lost", starts: job.starts - 1 });
    if (this.#chance("refuse")) {
      const reason = this.#options.random() < 0.5 ? "stopping" : "orphaned";
      return this.#end(job, { kind: "refused", reason, detail: "as it is told to", starts: job.starts - 1 });
    }
    this.starts.set(id, (this.starts.get(id) ?? 0) + 1);
    const taskMs = job.cancelled ? 0 : costs.taskMs(order);
    await clock.sleep(taskMs);
    this.workedMs += taskMs;
    if (this.#chance("loseAgent")) return this.#lose(job);
    if (this.#chance("forget")) {
      this.#jobs.delete(id);
      return this.#free();
    }
    this.#end(job, { kind: "value", value: order.value });
  }

  /** The agent is gone: after a while the engine notices, and the job waits again. */
  #lose(job: Job): void {
    this.#options.clock.after(10_000, () => {
      if (this.#jobs.get(job.order.id) !== job) return this.#free();
      job.state = "waiting";
      this.#waiting.push(job);
      this.#tell(() => this.listener?.stalled(job.order.id));
      this.#free();
    });
  }

  #end(job: Job, body: OutcomeBody): void {
    job.state = "finished";
    job.letter = sealOutcome(this.#options.sealer, { ...body, id: job.order.id, agent: "sim", shelf: "none" });
    const { letter } = job;
    this.#tell(() => this.listener?.finished(job.order.id, letter));
    this.#free();
  }

  #free(): void {
    this.#freeLanes++;
    this.#fetch();
  }

  #tell(event: () => void): void {
    const { clock, costs } = this.#options;
    if (this.#chance("loseEvent")) return;
    clock.after(costs.tripMs, event);
    if (this.#chance("repeatEvent")) clock.after(2 * costs.tripMs, event);
  }

  async #trip(): Promise<void> {
    await this.#options.clock.sleep(this.#options.costs.tripMs);
  }

  async #clientTime(orders: number): Promise<void> {
    const { clock, costs } = this.#options;
    this.#clientFreeAt = Math.max(this.#clientFreeAt, clock.now()) + orders * (costs.clientMs ?? 0);
    if (this.#clientFreeAt > clock.now()) await clock.sleep(this.#clientFreeAt - clock.now());
  }

  /** The engine does one thing after another. */
  async #engineTime(): Promise<void> {
    const { clock, costs } = this.#options;
    this.#engineFreeAt = Math.max(this.#engineFreeAt, clock.now()) + costs.engineMs;
    await clock.sleep(this.#engineFreeAt - clock.now());
  }

  #chance(what: keyof Misbehaviour): boolean {
    return this.#options.random() < this.#options.misbehaviour[what];
  }
}
