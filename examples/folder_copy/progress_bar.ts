const WIDTH = 40;

/** A bar on stderr where that is a terminal, and a line for every tenth elsewhere. */
export class ProgressBar {
  readonly #total: number;
  readonly #isTerminal = Deno.stderr.isTerminal();
  readonly #encoder = new TextEncoder();
  #done = 0;
  #shown = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** So much more is done. */
  add(amount: number): void {
    this.#done += amount;
    const percent = Math.floor(100 * this.#done / this.#total);
    const step = this.#isTerminal ? 1 : 10;
    if (percent < this.#shown + step) return;
    this.#shown = percent - percent % step;
    this.#print(this.#shown);
  }

  #print(percent: number): void {
    const filled = Math.round(WIDTH * percent / 100);
    const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
    const line = `${bar} ${String(percent).padStart(3)} %`;
    const text = !this.#isTerminal ? `${line}\n` : percent < 100 ? `\r${line}` : `\r${line}\n`;
    Deno.stderr.writeSync(this.#encoder.encode(text));
  }
}
