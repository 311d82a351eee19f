/** How much work may lie here behind what runs: as long as it takes, another agent may idle. */
const WORK_MS = 4;
/** More for each lane would gain nothing: so many hide the way to the server and back. */
const MOST_PER_LANE = 16;
/** What a new task weighs in the mean. */
const WEIGHT = 0.1;

/**
 * How many jobs an agent takes at once: as many as it has lanes, so that none waits here while another agent idles; more only while tasks
 * are so short that the way to the server and back would keep lanes waiting. At the worst, a few short tasks wait behind long ones.
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
    const perLane = Math.min(MOST_PER_LANE, Math.floor(WORK_MS / this.#meanMs));
    const jobs = this.#lanes * Math.max(1, perLane);
    if (jobs === this.#jobs) return;
    this.#jobs = jobs;
    this.#onChange(jobs);
  }
}
