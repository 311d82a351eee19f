import { WorkerInput } from "../../../../src/worker/streams/worker_input.ts";
import { WorkerOutput } from "../../../../src/worker/streams/worker_output.ts";

/** A child that sends back what it gets. Its pipes are read and written as those of corral's workers are, without streams around them. */
export class EchoPartner implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WorkerInput;
  readonly #output: WorkerOutput;
  readonly #buffer = new Uint8Array(1024);

  constructor(command: Deno.Command) {
    this.#process = command.spawn();
    this.#input = new WorkerInput(this.#process);
    this.#output = new WorkerOutput(this.#process);
  }

  /** Sends a message. Resolves when as many bytes are back. */
  async ask(message: Uint8Array): Promise<void> {
    let count = 0;
    let reading = this.#output.read(this.#buffer);
    this.#input.write(message);
    while (true) {
      count += (await reading)!.length;
      if (count >= message.length) return;
      reading = this.#output.read(this.#buffer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#input.close();
    this.#output.close();
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}
