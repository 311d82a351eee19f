/** Tasks that run for less take longer on their way here than in a worker. */
const SHORT_MS = 2;
/** As many more than there are lanes, for each lane. */
const AHEAD_PER_LANE = 2;
/** What a new task weighs in the mean. */
const WEIGHT = 0.1;

/**
 * How many jobs an agent takes at once: as many as it has lanes, so that none waits here while another agent idles; more only while tasks
 * are so short that the way to Redis and back would keep lanes waiting. At the worst, a few short tasks wait behind long ones.
 */
export class Prefetch {
  readonly #lanes: number;
  readonly #onChange: (jobs: number) => void;
  #meanMs = Infinity;
  #jobs: number;

  constructor(lanes: number, onChange: (jobs: number) => void) {
    this.#lanes = lanes;
    this.#onChange = onChange;
    this.#jobs = lanes;
  }

  /** Notes how long a task ran. */
  ran(ms: number): void {
    this.#meanMs = this.#meanMs === Infinity ? ms : this.#meanMs * (1 - WEIGHT) + ms * WEIGHT;
    const jobs = this.#lanes * (this.#meanMs < SHORT_MS ? 1 + AHEAD_PER_LANE : 1);
    if (jobs === this.#jobs) return;
    this.#jobs = jobs;
    this.#onChange(jobs);
  }
}
