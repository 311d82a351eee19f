import { denoInternals, pipeResource } from "../../deno_internals.ts";

/**
 * What a worker writes to its stdout. Where Deno shows the resource behind the pipe, that is read itself: a stream around it costs as much as
 * all else that an awaited call does in the program's first second. See `docs/decisions/spawning.md`.
 */
export class WorkerOutput {
  readonly #resource: number | undefined;
  readonly #reader: ReadableStreamBYOBReader | undefined;
  #reading: Promise<number> | undefined;
  #referenced = true;
  #closed = false;

  /** Takes the output of a child. Nobody else may read it. */
  constructor(child: Deno.ChildProcess) {
    const { read, tryClose, refOpPromise, unrefOpPromise } = denoInternals.core ?? {};
    if (read && tryClose && refOpPromise && unrefOpPromise) this.#resource = pipeResource(child, "stdout");
    if (this.#resource === undefined) this.#reader = child.stdout.getReader({ mode: "byob" });
  }

  /** Reads, perhaps into `buffer`; `null` at the end. */
  async read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#reader !== undefined) {
      const { value, done } = await this.#reader.read(buffer);
      return done ? null : value;
    }
    const reading = denoInternals.core!.read!(this.#resource!, buffer);
    this.#reading = reading;
    if (!this.#referenced) this.#updateReference();
    try {
      const count = await reading;
      return count === 0 ? null : buffer.subarray(0, count);
    } catch (error) {
      if (this.#closed) return null;
      throw error;
    }
  }

  /** Says whether the program lives on for what may still come. */
  setReferenced(referenced: boolean): void {
    this.#referenced = referenced;
    this.#updateReference();
  }

  /** Ends a read that waits: nobody wants more. */
  close(): void {
    this.#closed = true;
    if (this.#resource !== undefined) denoInternals.core!.tryClose!(this.#resource);
    else this.#reader!.cancel().catch(() => {});
  }

  /** Of the stream, Deno sees to it with the process. */
  #updateReference(): void {
    if (this.#reading === undefined) return;
    const { refOpPromise, unrefOpPromise } = denoInternals.core!;
    if (this.#referenced) refOpPromise!(this.#reading);
    else unrefOpPromise!(this.#reading);
  }
}
