import type { Broker, BrokerListener, JobState, KnownAgent, OutgoingOrder } from "../../src/broker.ts";
import { ClusterBackend } from "../../src/client/cluster_backend.ts";
import type { TaskHandle } from "../../src/corral.ts";
import { type Letter, Sealer } from "../../src/message/letter.ts";
import { type OutcomeBody, sealOutcome } from "../../src/message/outcome.ts";
import { SECRET } from "./secret.ts";
import { VirtualClock } from "./virtual_clock.ts";

const AGENT: KnownAgent = {
  ...{ id: "a0", pid: 1, name: "a", lanes: 1, modules: ["code"], corral: "0", startedAt: new Date(0) },
};

/** An engine whose every step is the test's, and a backend that works with it, in virtual time. Each of its calls takes a millisecond. */
export class ScriptedBroker implements Broker {
  readonly clockOffsetMs = 0;
  readonly sweepMs = 2000;
  readonly clock = new VirtualClock();
  /** Jobs that agents were told to stop. */
  readonly cancelled: string[] = [];
  /** Pieces that were taken off shelves. */
  readonly dropped: string[] = [];
  readonly jobs = new Map<string, JobState>();
  readonly backend: ClusterBackend;
  readonly #sealer = new Sealer(SECRET);
  listener!: BrokerListener;
  /** How long it takes to write an order. */
  addMs = 1;
  /** What takes jobs away does not get through. */
  isDeaf = false;
  hasAgents = true;
  #last = 0;

  constructor() {
    this.backend = new ClusterBackend({
      settings: { name: "pool", moduleUrl: undefined, maxFrameBytes: 2 ** 28, workers: {} as never, options: {} },
      ...{ clientId: "c0", sealer: this.#sealer, clock: this.clock, shelfName: "s" },
      ...{ agentTimeoutMs: 30_000, leaseMs: 30_000, resultTtlMs: 3_600_000 },
      nextJobId: () => `c0-${++this.#last}`,
      open: (listener) => {
        this.listener = listener;
        return Promise.resolve({ broker: this, code: "code" });
      },
      onEnd: () => {},
    });
  }

  /** Makes a call. Returns its steps, of which the last one says how it ended. */
  submit(options: { retries?: number; runId?: string; text?: string } = {}): { handle: TaskHandle; steps: string[] } {
    const steps: string[] = [];
    const note = (step: string) => (): void => void steps.push(step);
    const handle = this.backend.submit({
      ...{
        function: { kind: "export", name: "f" },
        payload: { text: options.text ?? "[]", tagged: false, parts: [] },
        handles: [],
      },
      ...{ chunk: undefined, byteLength: 2, priority: 0, key: undefined, timeoutMs: undefined, trace: undefined },
      retries: options.retries ?? 0,
      ...(options.runId !== undefined && { runId: options.runId }),
    }, {
      ...{ sent: note("sent"), begun: note("begun"), returned: note("returned"), retried: note("retried") },
      progress: note("progress"),
      resolve: (value) => void steps.push(`value ${value}`),
      reject: (error) => {
        const { name, message, taskStarted } = error as Error & { taskStarted?: boolean };
        steps.push(`${name} ${taskStarted}: ${message}`);
      },
    });
    return { handle, steps };
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.now() + ms;
    this.clock.after(ms, () => {});
    await this.clock.runUntil(() => this.clock.now() >= until, ms + 1);
  }

  /** Ends a job, without an event. Returns what the event would tell. */
  end(id: string, body: OutcomeBody): unknown {
    const letter = sealOutcome(this.#sealer, { ...body, id, agent: "a", shelf: "s" });
    this.jobs.set(id, { state: "finished", letter, reason: "" });
    return letter;
  }

  async add(orders: readonly OutgoingOrder[]): Promise<void> {
    await this.clock.sleep(this.addMs);
    for (const { id } of orders) if (!this.jobs.has(id)) this.jobs.set(id, { state: "waiting" });
  }

  refusal(): undefined {}

  async inspect(ids: readonly string[]): Promise<JobState[]> {
    await this.clock.sleep(1);
    return ids.map((id) => this.jobs.get(id) ?? { state: "missing" });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#hear();
    for (const id of ids) if (this.jobs.get(id)?.state !== "active") this.jobs.delete(id);
  }

  async cancel(letter: Letter): Promise<void> {
    await this.#hear();
    this.cancelled.push(...JSON.parse(letter.l).ids);
  }

  async #hear(): Promise<void> {
    await this.clock.sleep(1);
    if (this.isDeaf) throw new Error("the connection was lost");
  }

  agents(): Promise<KnownAgent[]> {
    return Promise.resolve(this.hasAgents ? [AGENT] : []);
  }

  put(): Promise<void> {
    return Promise.resolve();
  }

  get(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  drop(_shelf: string, hashes: readonly string[]): Promise<void> {
    this.dropped.push(...hashes);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
