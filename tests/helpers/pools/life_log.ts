import { assertEquals } from "@std/assert";
import type { ObservedTask, PoolObserver, TaskOutcome } from "../../../src/pool/observing/observer.ts";

/** Notes the life of each task of a pool, a letter for each step. */
export class LifeLog implements PoolObserver {
  readonly #lives = new Map<number, string>();

  submitted = (task: ObservedTask): void => this.#step(task.id, "u");
  sent = (task: ObservedTask): void => this.#step(task.id, "s");
  begun = (task: ObservedTask): void => this.#step(task.id, "b");
  returned = (task: ObservedTask): void => this.#step(task.id, "r");
  retried = (task: ObservedTask): void => this.#step(task.id, "t");
  settled = (task: ObservedTask, outcome: TaskOutcome): void =>
    this.#step(task.id, outcome === "completed" ? "E" : "X");

  /** The steps of each task, by its id: submitted, sent, begun, returned, tried again, Ended or eXpelled. */
  get lives(): ReadonlyMap<number, string> {
    return this.#lives;
  }

  /** How many tasks have settled. */
  get ends(): number {
    return [...this.#lives.values()].filter((life) => /[EX]$/.test(life)).length;
  }

  #step(id: number, step: string): void {
    this.#lives.set(id, (this.#lives.get(id) ?? "") + step);
  }
}

/**
 * A life: submitted; then any number of sendings that were given back, or ended with the worker; then one of: a result or an error behind a start,
 * or an end without one.
 */
const LEGAL = /^u(s(r|b?t))*(sb?[EX]|X)$/;

/** Checks that each life is a legal one: in particular, it ends once, and has one start at most for each sending. */
export function assertLegalLives({ lives }: LifeLog): void {
  for (const [id, life] of lives) assertEquals(LEGAL.test(life), true, `task ${id} lived ${life}`);
}
