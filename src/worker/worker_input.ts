import { denoInternals } from "../deno_internals.ts";

/**
 * Where a worker reads when it has left stdin to user code; `undefined` where this Deno has no way to give it such a descriptor. On
 * Windows Deno cannot read it.
 *
 * Not a constant: a look at these internals loads what starts processes, and most that import the library in a worker start none.
 */
export function inputDescriptor(): number | undefined {
  const { kExtraStdio, getExtraPipeRids, core } = denoInternals;
  const isPossible = kExtraStdio && getExtraPipeRids && core?.writeAll && core.tryClose && Deno.build.os !== "windows";
  return isPossible ? 3 : undefined;
}

/** Adds to the options of `Deno.Command` what {@linkcode inputDescriptor} needs. */
export function withInputDescriptor(options: Deno.CommandOptions): Deno.CommandOptions {
  return inputDescriptor() === undefined ? options : { ...options, [denoInternals.kExtraStdio!]: ["piped"] };
}

/** What a worker reads: its stdin, and when it has left that to user code, a descriptor of its own. */
export class WorkerInput {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #spare: number | undefined;
  #hasLeftStdin = false;

  /** Takes the input of a child, which may have been started with {@linkcode withInputDescriptor}. */
  constructor(child: Deno.ChildProcess) {
    this.#writer = child.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    if (inputDescriptor() !== undefined) this.#spare = denoInternals.getExtraPipeRids!(child)[0] ?? undefined;
  }

  /** Whether it has the other descriptor. */
  get hasDescriptor(): boolean {
    return this.#spare !== undefined;
  }

  /** Writes all bytes. Rejects when the worker is gone. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#hasLeftStdin ? denoInternals.core!.writeAll!(this.#spare!, bytes) : this.#writer.write(bytes);
  }

  /** Ends stdin behind what was written, and goes on where the worker reads then. Returns whether that is possible. */
  leaveStdin(): boolean {
    if (this.#hasLeftStdin || this.#spare === undefined) return false;
    this.#hasLeftStdin = true;
    this.#writer.close().catch(() => {});
    return true;
  }

  /** Gives both back: the worker is gone. */
  close(): void {
    this.#writer.abort().catch(() => {});
    if (this.#spare !== undefined) denoInternals.core!.tryClose!(this.#spare);
  }
}
