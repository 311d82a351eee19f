import type { Broker, JobState, KnownAgent } from "../broker.ts";
import type { Clock } from "../clock.ts";
import type { Entry } from "./entry.ts";
import type { Lanes } from "./lanes.ts";
import type { Pursuit } from "./pursuit.ts";

const HURRIED_SWEEP_MS = 100;
const WAITING_SWEEP_MS = 250;
/** What left a moment ago need not be asked for. */
const YOUNG_MS = 1000;
const SLICE = 500;

/** What a sweeper works with. */
export interface SweeperOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly pursuit: Pursuit;
  readonly code: string;
  readonly agentTimeoutMs: number;
  readonly lanes: Lanes;
  readonly entries: () => Iterable<Entry>;
  readonly onState: (entry: Entry, state: JobState) => void;
  /** For so long no agent has served the code that what is open must be given up. */
  readonly onNoAgent: (agents: readonly KnownAgent[]) => void;
  /** Whether anything is open. */
  readonly isWanted: () => boolean;
  readonly onRound: () => void;
}

/** Asks for everything that is out, again and again: events can be lost, and agents with them. Rests while nothing is open. */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #asked: Entry[] = [];
  readonly #served: ((served: boolean) => void)[] = [];
  #timer: { cancel(): void } | undefined;
  #limit: { cancel(): void } | undefined;
  #lastRound = -Infinity;
  #lonelySince: number | undefined;
  #sweeping = false;
  #again = false;
  #hurried = false;
  #stopped = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Sees to it that rounds are made as long as anything is open. */
  wake(): void {
    if (this.#stopped || this.#sweeping || this.#timer !== undefined) return;
    this.#sweepAfter(Math.max(0, this.#lastRound + this.#intervalMs - this.#options.clock.now()));
  }

  /** The same, and makes the next one at once. */
  wakeNow(): void {
    if (this.#stopped) return;
    if (this.#sweeping) {
      this.#again = true;
      return;
    }
    this.#timer?.cancel();
    this.#sweepAfter(0);
  }

  /** Asks for one at the end of the turn: a job of a run may have ended before it was sent again, and then there is no event. */
  ask(entry: Entry): void {
    this.#asked.push(entry);
    if (this.#asked.length === 1) queueMicrotask(() => void this.#lookForAsked());
  }

  /** Makes rounds in quick succession, and calls when they have had so much time. */
  hurry(limitMs: number, onLimit: () => void): void {
    // A pool may be terminated again when it has ended: a timer would keep the program alive.
    if (this.#stopped) return;
    this.#hurried = true;
    this.#limit ??= this.#options.clock.after(limitMs, onLimit);
    this.wakeNow();
  }

  /** Whether an agent serves the code, waiting so long for one. */
  async untilServed(limitMs: number): Promise<boolean> {
    if (this.#options.lanes.count > 0) return true;
    if (this.#stopped) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#served.push(resolve);
    const timer = this.#options.clock.after(limitMs, () => resolve(false));
    this.wakeNow();
    const served = await promise;
    timer.cancel();
    if (!served) this.#served.splice(this.#served.indexOf(resolve), 1);
    return served;
  }

  /** Makes no more rounds. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#limit?.cancel();
    for (const resolve of this.#served.splice(0)) resolve(false);
  }

  get #intervalMs(): number {
    if (this.#hurried) return HURRIED_SWEEP_MS;
    return this.#served.length > 0
      ? WAITING_SWEEP_MS
      : Math.min(this.#options.broker.sweepMs, Math.max(HURRIED_SWEEP_MS, this.#options.agentTimeoutMs));
  }

  async #sweep(): Promise<void> {
    this.#timer = undefined;
    this.#sweeping = true;
    this.#lastRound = this.#options.clock.now();
    for (const look of [() => this.#lookForAgents(), () => this.#lookForJobs(), () => this.#lookForPursued()]) {
      // The connection was lost in the middle, or somebody has spoiled the list of members, and keeps nobody from seeing what became of jobs by that.
      await look().catch(() => {});
    }
    this.#sweeping = false;
    if (this.#stopped) return;
    this.#options.onRound();
    const again = this.#again;
    this.#again = false;
    if (!this.#options.isWanted() && this.#served.length === 0) this.#lonelySince = undefined;
    else if (again) this.wakeNow();
    else this.wake();
  }

  #sweepAfter(ms: number): void {
    this.#timer = this.#options.clock.after(ms, () => void this.#sweep());
  }

  async #lookForAgents(): Promise<void> {
    const { broker, lanes, code, clock, agentTimeoutMs, onNoAgent } = this.#options;
    const agents = await broker.agents();
    lanes.update(agents, code);
    if (lanes.count > 0) {
      this.#lonelySince = undefined;
      for (const resolve of this.#served.splice(0)) resolve(true);
      return;
    }
    this.#lonelySince ??= clock.now();
    if (clock.now() - this.#lonelySince >= agentTimeoutMs) onNoAgent(agents);
  }

  async #lookForJobs(): Promise<void> {
    const { broker, entries, clock } = this.#options;
    const now = clock.now();
    const young = Math.min(YOUNG_MS, broker.sweepMs);
    await this.#inspect([...entries()].filter((entry) => entry.awaitsOutcome && now - entry.sentAt >= young));
  }

  async #lookForAsked(): Promise<void> {
    try {
      if (!this.#stopped) await this.#inspect(this.#asked.splice(0).filter(({ awaitsOutcome }) => awaitsOutcome));
    } catch {
      // The next round asks again.
    }
  }

  async #inspect(out: readonly Entry[]): Promise<void> {
    const { broker, onState } = this.#options;
    for (let start = 0; start < out.length; start += SLICE) {
      const slice = out.slice(start, start + SLICE);
      const states = await broker.inspect(slice.map(({ jobId }) => jobId));
      slice.forEach((entry, index) => onState(entry, states[index]!));
    }
  }

  async #lookForPursued(): Promise<void> {
    const { pursuit } = this.#options;
    await pursuit.press(pursuit.ids);
  }
}
