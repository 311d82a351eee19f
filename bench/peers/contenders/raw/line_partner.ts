const READ_BYTES = 64 * 1024;

/** A child that answers each line with a line, in order. */
export class LinePartner implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #ended: Promise<void>;
  #next = 0;

  constructor(command: Deno.Command) {
    this.#process = command.spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#ended = this.#read();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Sends lines in one write, and calls each function with the line that answers. */
  send(lines: string, onAnswers: ((line: string) => void)[]): void {
    for (const onAnswer of onAnswers) this.#waiting.push(onAnswer);
    this.#writer.write(new TextEncoder().encode(lines)).catch(() => {});
  }

  /** Sends one line. Resolves with the line that answers. */
  ask(line: string): Promise<string> {
    return new Promise((resolve) => this.send(`${line}\n`, [resolve]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#ended;
    await this.#process.status;
  }

  async #read(): Promise<void> {
    const reader = this.#process.stdout.getReader({ mode: "byob" });
    const decoder = new TextDecoder();
    const texts: string[] = [];
    let buffer = new Uint8Array(READ_BYTES);
    while (true) {
      const { value, done } = await reader.read(buffer);
      if (done) return;
      const [end, ...rest] = decoder.decode(value, { stream: true }).split(
        "\n",
      );
      buffer = new Uint8Array(value.buffer);
      texts.push(end!);
      for (const next of rest) {
        this.#waiting[this.#next++]!(texts.join(""));
        texts.splice(0, texts.length, next);
      }
      if (this.#next === this.#waiting.length) {
        this.#next = this.#waiting.length = 0;
      }
    }
  }
}
