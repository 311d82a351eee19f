import { type Random, seededRandom } from "./event_queue.ts";

/** Numbers and choices that follow from a seed. */
export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Whether something happens that happens with this probability. */
  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** One of `choices`, each as likely as the next. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}
