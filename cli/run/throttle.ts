import { after } from "../runner/timer.ts";
import type { ThrottleRule } from "../options/cli_map_options.ts";

/** How often a load or a memory that is not as it should be is looked at again. */
const LOOK_EVERY_MS = 500;

/** Says when something new may begin: at a rate, and while the machine has room for it. */
export class Throttle {
  readonly #rule: ThrottleRule;
  readonly #onOpen: () => void;
  #nextAt = 0;
  #lookedAt = -Infinity;
  #hasRoom = true;
  #stopWaiting: (() => void) | undefined;

  /** `onOpen` is called when something may begin that might not before. */
  constructor(rule: ThrottleRule, onOpen: () => void) {
    this.#rule = rule;
    this.#onOpen = onOpen;
  }

  /** Whether something may begin now. If not, `onOpen` follows. */
  isOpen(): boolean {
    const now = performance.now();
    const waitMs = Math.max(this.#nextAt - now, this.#machineHasRoom(now) ? 0 : LOOK_EVERY_MS);
    if (waitMs <= 0) return true;
    this.#stopWaiting ??= after(waitMs, () => {
      this.#stopWaiting = undefined;
      this.#onOpen();
    });
    return false;
  }

  /** So many records begin: those behind them wait for their turn. */
  begin(records: number): void {
    const { perSecond } = this.#rule;
    if (perSecond === undefined) return;
    this.#nextAt = Math.max(this.#nextAt, performance.now()) + records / perSecond * 1000;
  }

  /** Calls nobody any more. */
  stop(): void {
    this.#stopWaiting?.();
  }

  #machineHasRoom(now: number): boolean {
    const { load, freeBytes } = this.#rule;
    if (load === undefined && freeBytes === undefined) return true;
    if (now - this.#lookedAt < LOOK_EVERY_MS) return this.#hasRoom;
    this.#lookedAt = now;
    const isCalm = load === undefined || Deno.loadavg()[0]! <= load;
    return this.#hasRoom = isCalm && (freeBytes === undefined || Deno.systemMemoryInfo().available >= freeBytes);
  }
}
