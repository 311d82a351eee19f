/** Reads into `buffer`; `null` at the end. */
export type ReadBytes = (buffer: Uint8Array<ArrayBuffer>) => Promise<number | null>;

const BUFFER_BYTES = 2 * 1024 * 1024;
const SMALLEST_READ_BYTES = 64 * 1024;
const READ_AHEAD_BYTES = 1024 * 1024;

/** How many pieces of memory are kept to be read into again: about what blocks on their way lie in. */
const MAX_SPARE = 8;

/**
 * The part of a stream that was read and not consumed, in one piece of memory.
 *
 * What was consumed is not written over until its memory is given back: views of it stay good.
 */
export class ByteWindow {
  /** The memory; what was not consumed lies from `start` to `end`. */
  buffer: Uint8Array<ArrayBuffer> = new Uint8Array(BUFFER_BYTES);
  start = 0;
  end = 0;
  /** Whether there is nothing more to read. */
  ended = false;
  /** Bytes read so far. */
  total = 0;
  readonly #read: ReadBytes;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #isHungry = false;
  #room: PromiseWithResolvers<void> | undefined;
  #news: PromiseWithResolvers<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** Reads ahead as long as not too much lies here. */
  constructor(read: ReadBytes) {
    this.#read = read;
    this.#pump();
  }

  /** Consumes everything before `position`. */
  consume(position: number): void {
    this.start = position;
    if (this.end - this.start < READ_AHEAD_BYTES) this.#room?.resolve();
  }

  /**
   * Takes back what `buffer` was before, once nobody looks into it any more. New memory instead would have V8 look through all of its heap
   * every few blocks.
   */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    if (buffer.length === BUFFER_BYTES && this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }

  /** Waits until more was read, or the end. What lies here may move: positions count from `start`. */
  async more(): Promise<void> {
    this.#throwFailure();
    if (this.ended) return;
    this.#isHungry = true;
    this.#room?.resolve();
    this.#news ??= Promise.withResolvers();
    await this.#news.promise;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #pump(): Promise<void> {
    try {
      while (!this.ended) {
        await this.#waitForRoom();
        this.#makeRoom();
        const count = await this.#read(this.buffer.subarray(this.end));
        if (count === null) this.ended = true;
        else {
          this.end += count;
          this.total += count;
        }
        this.#isHungry = false;
        this.#tell();
      }
    } catch (error) {
      this.#failure = { error };
      this.#tell();
    }
  }

  #tell(): void {
    const news = this.#news;
    this.#news = undefined;
    news?.resolve();
  }

  async #waitForRoom(): Promise<void> {
    while (!this.#isHungry && this.end - this.start >= READ_AHEAD_BYTES) {
      this.#room = Promise.withResolvers();
      await this.#room.promise;
      this.#room = undefined;
    }
  }

  #makeRoom(): void {
    if (this.buffer.length - this.end >= SMALLEST_READ_BYTES) return;
    const rest = this.buffer.subarray(this.start, this.end);
    const spare = rest.length * 2 <= BUFFER_BYTES ? this.#spare.pop() : undefined;
    const buffer = spare ?? new Uint8Array(Math.max(BUFFER_BYTES, rest.length * 2));
    buffer.set(rest);
    this.buffer = buffer;
    this.start = 0;
    this.end = rest.length;
  }
}
