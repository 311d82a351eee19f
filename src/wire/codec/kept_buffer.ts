/**
 * A buffer that is used again. Memory that is new costs more than what is done with a text in it: the system hands it out page by
 * page, each cleared.
 *
 * Who takes it owns it until it is given back: another one who comes meanwhile, as a getter may that is called by an encoder, gets one of its own.
 */
export class KeptBuffer {
  static readonly #MAX_BYTES = 4 * 1024 * 1024;
  #buffer: Uint8Array<ArrayBuffer> | undefined;

  /** Takes a buffer of at least so many bytes. */
  take(byteLength: number): Uint8Array<ArrayBuffer> {
    const buffer = this.#buffer;
    this.#buffer = undefined;
    return buffer !== undefined && buffer.length >= byteLength ? buffer : new Uint8Array(byteLength);
  }

  /** Gives a buffer back that nobody refers to any more. A very large one is not kept. Returns whether it was. */
  give(buffer: Uint8Array<ArrayBuffer>): boolean {
    if (buffer.length > KeptBuffer.#MAX_BYTES) return false;
    this.#buffer = buffer;
    return true;
  }
}
