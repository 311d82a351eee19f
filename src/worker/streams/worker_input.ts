import { denoInternals, pipeResource } from "../../deno_internals.ts";

/** What a worker reads on its stdin. Where Deno shows the resource behind the pipe, that is written itself; see {@linkcode WorkerOutput}. */
export class WorkerInput {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #resource: number | undefined;
  #beginning: Promise<void> | undefined;
  #writing: Promise<void> | undefined;

  /** Takes the input of a child. Nobody else may write it. */
  constructor(child: Deno.ChildProcess) {
    this.#writer = child.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    const { writeAll, unrefOpPromise } = denoInternals.core ?? {};
    if (writeAll && unrefOpPromise) this.#resource = pipeResource(child, "stdin");
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

  /**
   * Has the program live on no longer for a write that goes on. A process that the worker has started may have its input, read nothing and never
   * end. Deno cannot cancel such a write, and of a stream it cannot do this either.
   */
  abandon(): void {
    if (this.#writing !== undefined) denoInternals.core!.unrefOpPromise!(this.#writing);
  }

  #write(bytes: Uint8Array): Promise<void> {
    if (this.#resource === undefined) return this.#writer.write(bytes);
    return this.#writing = denoInternals.core!.writeAll!(this.#resource, bytes);
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
