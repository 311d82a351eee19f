import { denoInternals, pipeResource } from "../../deno_internals.ts";

/**
 * What a worker writes to its stdout. Where Deno shows the resource behind the pipe, that is read itself: a stream around it costs as much as
 * all else that an awaited call does in the program's first second. See `docs/decisions/spawning.md`.
 */
export class WorkerOutput {
  readonly #resource: number | undefined;
  readonly #reader: ReadableStreamBYOBReader | undefined;
  #reading: Promise<number> | undefined;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  readonly #filled = (count: number): Uint8Array<ArrayBuffer> | null =>
    count === 0 ? null : this.#buffer!.subarray(0, count);
  readonly #failed = (error: unknown): null => {
    if (this.#closed) return null;
    throw error;
  };
  #referenced = true;
  #closed = false;

  /** Takes the output of a child. Nobody else may read it. */
  constructor(child: Deno.ChildProcess) {
    const { read, tryClose, refOpPromise, unrefOpPromise } = denoInternals.core ?? {};
    if (read && tryClose && refOpPromise && unrefOpPromise) this.#resource = pipeResource(child, "stdout");
    if (this.#resource === undefined) this.#reader = child.stdout.getReader({ mode: "byob" });
  }

  /** Reads, perhaps into `buffer`; `null` at the end. One read at a time. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#reader !== undefined) return readStream(this.#reader, buffer);
    const reading = denoInternals.core!.read!(this.#resource!, buffer);
    this.#buffer = buffer;
    this.#reading = reading;
    if (!this.#referenced) this.#updateReference();
    // An async function would leave four times as much behind at each call, and what is left behind takes new memory until it is collected.
    return reading.then(this.#filled, this.#failed);
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

async function readStream(
  reader: ReadableStreamBYOBReader,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const { value, done } = await reader.read(buffer);
  return done ? null : value;
}
