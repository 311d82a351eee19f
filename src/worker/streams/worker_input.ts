import { denoInternals, pipeResource } from "../../deno_internals.ts";

/** What a worker reads on its stdin. Where Deno shows the resource behind the pipe, that is written itself; see {@linkcode WorkerOutput}. */
export class WorkerInput {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #resource: number | undefined;
  #beginning: Promise<void> | undefined;

  /** Takes the input of a child. Nobody else may write it. */
  constructor(child: Deno.ChildProcess) {
    this.#writer = child.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    if (denoInternals.core?.writeAll !== undefined) this.#resource = pipeResource(child, "stdin");
  }

  /** Writes what comes before all else. */
  begin(bytes: Uint8Array): void {
    this.#beginning = this.#writeFirst(bytes);
  }

  /** Writes all bytes, when the last write has ended. Rejects when the worker is gone. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#beginning === undefined ? this.#write(bytes) : this.#beginning.then(() => this.#write(bytes));
  }

  /** Gives it back: the worker is gone. Resolves when what came before all else is no longer being written. */
  async close(): Promise<void> {
    this.#writer.abort().catch(() => {});
    await this.#beginning;
  }

  #write(bytes: Uint8Array): Promise<void> {
    if (this.#resource === undefined) return this.#writer.write(bytes);
    return denoInternals.core!.writeAll!(this.#resource, bytes);
  }

  async #writeFirst(bytes: Uint8Array): Promise<void> {
    try {
      await this.#write(bytes);
    } catch {
      // It is gone: the next write says so.
    } finally {
      this.#beginning = undefined;
    }
  }
}
