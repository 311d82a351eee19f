import type { AgentJob } from "../bullmq/job_source.ts";
import type { Clock } from "../clock.ts";

const PAUSE_MS = 1000;
/** Of what is printed between two rows, the last. */
const MOST_ROW_BYTES = 64 * 1024;
/** Of a start, on the server, with the last row: it has the logs of all jobs in its memory, with those that nobody has taken. */
const MOST_KEPT_BYTES = 256 * 1024;
const MOST_ROWS = 1000;

/** What a task printed lately, for dashboards: rows in the log of its job, one a second at most. */
export class RunLog {
  readonly #job: Pick<AgentJob, "log">;
  readonly #clock: Clock;
  /** What comes may come in parts that end within a character. */
  readonly #decoder = new TextDecoder();
  #text = "";
  /** How many bytes the rows have that are to stay, the newest first. */
  readonly #rows: number[] = [];
  #timer: { cancel(): void } | undefined;
  #ended = false;

  constructor(job: Pick<AgentJob, "log">, clock: Clock) {
    this.#job = job;
    this.#clock = clock;
  }

  /** Notes what was printed. */
  printed(bytes: Uint8Array): void {
    this.#add(this.#decoder.decode(bytes, { stream: true }));
    if (!this.#ended) this.#timer ??= this.#clock.after(PAUSE_MS, () => this.#write());
  }

  /** Writes what is left, and a last word. */
  end(text: string): void {
    this.#ended = true;
    this.#add(text);
    this.#write();
  }

  #add(text: string): void {
    this.#text = (this.#text + text).slice(-MOST_ROW_BYTES);
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const bytes = new TextEncoder().encode(this.#text);
    this.#text = "";
    if (bytes.byteLength === 0) return;
    // A character that is cut in two is shown as one that cannot be read.
    const row = bytes.subarray(-MOST_ROW_BYTES);
    // PostgreSQL stores no NUL, and would refuse the row.
    const text = new TextDecoder().decode(row).replaceAll("\0", "\ufffd");
    this.#job.log(text, this.#keptWith(row.byteLength)).catch(() => {});
  }

  /** How many rows to keep: those of an earlier start, too, until this one's fill the log. */
  #keptWith(byteLength: number): number {
    this.#rows.unshift(byteLength);
    let sum = 0;
    const fitting = this.#rows.findIndex((bytes) => (sum += bytes) > MOST_KEPT_BYTES);
    if (fitting < 0 && this.#rows.length < MOST_ROWS) return MOST_ROWS;
    this.#rows.length = fitting < 0 ? MOST_ROWS : fitting;
    return this.#rows.length;
  }
}
