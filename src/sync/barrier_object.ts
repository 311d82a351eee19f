import { BrokenBarrierError, ClosedError } from "../errors.ts";
import type { Operation, SharedObject } from "../hub/shared_object.ts";
import { travellingError } from "../hub/thrown.ts";
import { type Caller, type Waiting, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";

/** What runs once per pass, in the process that made the barrier, before the parties go on. See `docs/decisions/sharing.md`. */
export type BarrierAction = () => unknown;

/** What a barrier is made of. */
export interface BarrierSettings {
  readonly parties: number;
  readonly action: BarrierAction | undefined;
  readonly timeoutMs: number | undefined;
}

/** Why a barrier is broken. */
interface Breakage {
  readonly reason: string;
  readonly cause?: unknown;
}

/** The parties that have all come, while the action runs for them. */
interface Pass {
  readonly parties: Waiting<void>[];
  broken: Breakage | undefined;
}

/** The owner's side of a barrier. */
export class BarrierObject implements SharedObject {
  readonly operations = {
    wait: (caller, { signal, timeoutMs }, forEver: unknown): Promise<number> | number =>
      this.#wait(caller, { signal, timeoutMs: timeoutMs ?? (forEver === true ? undefined : this.#timeoutMs) }),
    reset: (): void => {
      this.#break({ reason: "it was reset" });
      this.#broken = undefined;
      this.#endPass();
    },
    abort: (): void => {
      this.#break({ reason: "it was aborted" });
      this.#endPass();
    },
    parties: (): number => this.#parties,
    nWaiting: (): number => this.#waiters.size,
    broken: (): boolean => this.#broken !== undefined,
  } satisfies Record<string, Operation>;
  readonly #parties: number;
  readonly #action: BarrierAction | undefined;
  readonly #timeoutMs: number | undefined;
  /** Who has come so far. They leave all together, so the size is the number of the next. */
  readonly #waiters = new WaitQueue<void>("Not all parties have come", "reset() makes the barrier whole again");
  /** Who has come while the action runs for others. */
  readonly #early = new WaitQueue<void>();
  #passing: Pass | undefined;
  #broken: Breakage | undefined;

  constructor({ parties, action, timeoutMs }: BarrierSettings) {
    this.#parties = parties;
    this.#action = action;
    this.#timeoutMs = timeoutMs;
  }

  /** A party that has come and died would have gone on with the others: they cannot any more. */
  processEnded(isEnded: (process: string) => boolean): void {
    this.#early.dropProcess(isEnded);
    this.#waiters.dropProcess(isEnded);
  }

  close(): void {
    this.#early.rejectAll();
    this.#waiters.rejectAll();
    for (const party of this.#passing?.parties ?? []) party.reject(closedError(), "closed");
  }

  #wait(caller: Caller, wait: WaitOptions): Promise<number> | number {
    if (this.#passing === undefined) return this.#enter(caller, wait);
    const { signal } = wait;
    return new Promise((resolve, reject) => {
      const enter = async (): Promise<number> => await this.#enter(caller, wait);
      this.#early.enter(caller, { signal }, { resolve: () => enter().then(resolve, reject), reject });
    });
  }

  #enter(caller: Caller, wait: WaitOptions): Promise<number> | number {
    if (this.#broken !== undefined) throw brokenError(this.#broken);
    const index = this.#waiters.size;
    if (index === this.#parties - 1) return this.#pass(index);
    return new Promise((resolve, reject) => {
      const party: Waiting<void> = {
        resolve: () => resolve(index),
        reject: (error, end) => {
          if (end === "closed") return reject(error);
          const breakage = breakages[end](error);
          reject(end === "timeout" ? brokenError(breakage) : error);
          this.#break(breakage);
        },
      };
      this.#waiters.enter(caller, wait, {
        // With an action, they go on after it: the last one has come, no time and no signal counts any more.
        resolve: () => this.#passing === undefined ? party.resolve() : this.#passing.parties.push(party),
        reject: party.reject,
      });
    });
  }

  #pass(index: number): Promise<number> | number {
    if (this.#action !== undefined) return this.#act(this.#action, index);
    this.#waiters.serveAll(undefined);
    return index;
  }

  async #act(action: BarrierAction, index: number): Promise<number> {
    const pass: Pass = { parties: [], broken: undefined };
    this.#passing = pass;
    this.#waiters.serveAll(undefined);
    try {
      await action();
    } catch (thrown) {
      const error = travellingError("The action of the barrier", thrown);
      if (pass.broken !== undefined) throw error;
      this.#break({ reason: "its action failed", cause: error });
      this.#endPass();
      throw error;
    }
    if (pass.broken !== undefined) throw brokenError(pass.broken);
    for (const party of pass.parties) party.resolve();
    this.#endPass();
    return index;
  }

  /** Those who came early may come now. Nothing happens when no action ran. */
  #endPass(): void {
    this.#passing = undefined;
    while (this.#passing === undefined && this.#early.serve() !== undefined);
  }

  #break(breakage: Breakage): void {
    this.#broken ??= breakage;
    this.#waiters.rejectAll(() => brokenError(breakage));
    const pass = this.#passing;
    if (pass === undefined) return;
    pass.broken = breakage;
    for (const party of pass.parties) party.reject(brokenError(breakage), "closed");
  }
}

const breakages = {
  timeout: (cause: unknown): Breakage => ({ reason: "a party waited too long, reset() makes it whole again", cause }),
  abort: (): Breakage => ({ reason: "a party gave up" }),
  ended: (): Breakage => ({ reason: "the process of a waiting party has ended" }),
};

function closedError(): ClosedError {
  return new ClosedError("The barrier was closed while its action ran");
}

function brokenError({ reason, ...options }: Breakage): BrokenBarrierError {
  return new BrokenBarrierError(`Cannot pass the barrier: ${reason}`, options);
}
