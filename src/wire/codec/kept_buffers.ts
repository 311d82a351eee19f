/**
 * Buffers that are used again. Memory that is new costs more than what is done with a text in it: the system hands it out page by
 * page, each cleared.
 *
 * Who takes one owns it until it is given back. One that never is, is left to the garbage collector.
 */
export class KeptBuffers {
  static readonly #MAX_BYTES = 4 * 1024 * 1024;
  static readonly #MAX_FREE_BYTES = 16 * 1024 * 1024;
  /** The one that was used last comes first: the processor has it at hand. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #freeBytes = 0;

  /** Takes a buffer of at least so many bytes. */
  take(byteLength: number): Uint8Array<ArrayBuffer> {
    const buffer = this.#free.pop();
    this.#freeBytes -= buffer?.length ?? 0;
    return buffer !== undefined && buffer.length >= byteLength ? buffer : new Uint8Array(byteLength);
  }

  /** Whether a buffer would be kept. */
  keeps(buffer: Uint8Array<ArrayBuffer>): boolean {
    return buffer.length <= KeptBuffers.#MAX_BYTES;
  }

  /** Gives a buffer back that nobody refers to any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (!this.keeps(buffer) || this.#freeBytes + buffer.length > KeptBuffers.#MAX_FREE_BYTES) return;
    this.#freeBytes += buffer.length;
    this.#free.push(buffer);
  }
}
