const INTERVAL_S = 0.2;

/** Watches the resident memory of processes from outside: a program that asked for its own would grow by the asking. */
export class MemoryWatch {
  readonly #watcher: Deno.ChildProcess;
  readonly #samples: AsyncGenerator<number, void>;
  readonly #before: number;

  private constructor(watcher: Deno.ChildProcess, samples: AsyncGenerator<number, void>, before: number) {
    this.#watcher = watcher;
    this.#samples = samples;
    this.#before = before;
  }

  /** Begins, and returns when it has the first sample. */
  static async start(pids: readonly number[]): Promise<MemoryWatch> {
    const script = `while ps -o rss= -p ${pids.join(",")}; do echo; sleep ${INTERVAL_S}; done`;
    const watcher = new Deno.Command("sh", { args: ["-c", script], stdout: "piped" }).spawn();
    const samples = samplesOf(watcher.stdout);
    const first = await samples.next();
    if (first.done) throw new Error("Cannot measure memory: ps has failed");
    return new MemoryWatch(watcher, samples, first.value);
  }

  /** Ends, and tells how much more memory than at the start they had together at most. */
  async growthMiB(): Promise<number> {
    // Once more: the end may be the most.
    await new Promise((resolve) => setTimeout(resolve, 2000 * INTERVAL_S));
    this.#watcher.kill();
    let most = this.#before;
    for (let next; !(next = await this.#samples.next()).done;) most = Math.max(most, next.value);
    await this.#watcher.status;
    return (most - this.#before) / 1024;
  }
}

/** Blocks of numbers, a line each, with an empty line behind each block: their sums. */
async function* samplesOf(output: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<number, void> {
  let text = "";
  for await (const piece of output.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) yield block.split("\n").reduce((sum, line) => sum + Number(line), 0);
  }
}
