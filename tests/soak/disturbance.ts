/** What is done to the workers of a soak, and to its program. */
import type { WorkerInfo } from "../../mod.ts";
import type { Dice } from "../helpers/simulated/dice.ts";
import type { Gauges } from "./gauges.ts";

const BETWEEN_MS = 300;
const LONGEST_STOP_MS = 400;
const LONGEST_BLOCK_MS = 40;
/** Killed while they start, five in a row end everything that waits; that is promised, and no news. */
const KILL_STARTING = 0.1;

/** Kills and stops workers, and blocks the program, at times that follow from a seed. */
export class Disturbance {
  readonly #workers: () => readonly WorkerInfo[];
  readonly #dice: Dice;
  readonly #gauges: Gauges;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stopped = new Map<number, ReturnType<typeof setTimeout>>();
  kills = 0;
  stops = 0;
  blocks = 0;

  constructor(workers: () => readonly WorkerInfo[], dice: Dice, gauges: Gauges) {
    [this.#workers, this.#dice, this.#gauges] = [workers, dice, gauges];
    this.#arm();
  }

  /** Ends the disturbance; workers that are stopped go on. */
  end(): void {
    clearTimeout(this.#timer);
    for (const [pid, timer] of this.#stopped) {
      clearTimeout(timer);
      signal(pid, "SIGCONT");
    }
    this.#stopped.clear();
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#act();
      this.#arm();
    }, this.#dice.below(2 * BETWEEN_MS));
  }

  #act(): void {
    const what = this.#dice.pick(["kill", "kill", "stop", "stop", "block"] as const);
    if (what === "block") return this.#block(this.#dice.below(LONGEST_BLOCK_MS));
    const mayKillStarting = this.#dice.chance(KILL_STARTING);
    const workers = this.#workers().filter(({ state }) => mayKillStarting || state !== "starting");
    if (workers.length === 0) return;
    const { pid } = this.#dice.pick(workers);
    if (what === "stop") this.#stop(pid, this.#dice.below(LONGEST_STOP_MS));
    else if (signal(pid, "SIGKILL")) this.kills++;
  }

  #stop(pid: number, ms: number): void {
    if (this.#stopped.has(pid) || !signal(pid, "SIGSTOP")) return;
    this.stops++;
    const goOn = (): void => {
      this.#stopped.delete(pid);
      signal(pid, "SIGCONT");
    };
    this.#stopped.set(pid, setTimeout(goOn, ms));
  }

  #block(ms: number): void {
    this.blocks++;
    this.#gauges.forgive();
    for (const end = performance.now() + ms; performance.now() < end;);
  }
}

function signal(pid: number, name: Deno.Signal): boolean {
  try {
    Deno.kill(pid, name);
    return true;
  } catch {
    return false; // It has ended meanwhile.
  }
}
