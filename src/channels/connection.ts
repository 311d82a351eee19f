import { ClosedError, EndOfStreamError } from "../errors.ts";
import { REF, registerHandleClass, SharedHandle } from "../hub/handle.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { checkWait } from "../timer.ts";
import { LEFT } from "./prefetch.ts";

/** The kinds of pipe ends, as they travel. */
export const CONNECTION_TYPES = {
  duplex: "Connection",
  reader: "ReadConnection",
  writer: "WriteConnection",
} as const;

/** How to receive bytes. */
export interface ReceiveBytesOptions extends WaitOptions {
  /** How many bytes the message may have, a whole number from 0. @default any number */
  maxLength?: number;
}

/**
 * One end of a pipe, made by {@linkcode Pipe}.
 *
 * - Messages stay separate and keep their order. `await send()` means that the process that made the pipe has the message.
 *   While messages of 16 MiB or more have not been received, all other processes wait to send. One that has filled many pipes and queues
 *   gets QueueFullError.
 * - A message that was on its way to a receiver that died waits for the next one, in its old place.
 * - An end is closed by `close()`, by `using`, and by the end of the processes that have it. If it was sent away, it
 *   belongs to those who got it: when the last of them closes it or dies, it has ended.
 * - When the other end has ended, what it sent can still be received; then comes EndOfStreamError, and `for await` ends.
 *
 * It may travel in any argument, result, queue item or message, also through another pipe, and may be closed as soon as
 * the call that sends it was made. Python's `multiprocessing.connection.Connection`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection).
 *
 * @typeParam Received The messages that arrive.
 * @typeParam Sent The messages that are sent.
 *
 * @example Two ends
 * ```ts
 * import { Pipe } from "@corral/multiprocessing";
 *
 * const [left, right] = Pipe<string>();
 * await left.send("ping");
 * console.log(await right.poll(), await right.recv()); // true ping
 * await right.sendBytes(new Uint8Array([1, 2, 3]), 1);
 * console.log(await left.recvBytes()); // Uint8Array(2) [2, 3]
 * left.close();
 * ```
 */
export class Connection<Received = unknown, Sent = Received> extends SharedHandle {
  /** Whether this process has closed it. */
  get closed(): boolean {
    return this[REF].isClosed;
  }

  /** Whether messages can be received. */
  get readable(): boolean {
    return this[REF].type !== CONNECTION_TYPES.writer;
  }

  /** Whether messages can be sent. */
  get writable(): boolean {
    return this[REF].type !== CONNECTION_TYPES.reader;
  }

  /**
   * Sends a message, and waits until the pipe's process has it. In any other process, it waits also while messages of 16 MiB or
   * more have not been received.
   *
   * @param message Anything that can travel.
   * @throws {TypeError} If this end only receives.
   * @throws {ClosedError} If it was closed here.
   * @throws {EndOfStreamError} If the other end is closed, or no process has it any more.
   * @throws {EncodingError} If the message cannot travel. Nothing was sent.
   * @throws {PayloadTooLargeError} If the message is larger than `maxFrameBytes` of the process that calls.
   */
  async send(message: Sent): Promise<void> {
    refuseSurplus("send(message)", arguments, 1);
    check(this, "send", this.writable);
    await this[REF].call("send", [message]);
  }

  /**
   * Receives the next message, and waits for it.
   *
   * @param wait How long; without it, as long as it takes.
   * @returns The message.
   * @throws {TimeoutError} If none came within `timeoutMs`.
   * @throws {TypeError} If this end only sends, or the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   * @throws {ClosedError} If it was closed here.
   * @throws {EndOfStreamError} If the other end is closed, and all messages were received.
   * @throws {PayloadTooLargeError} If the message is larger than `maxFrameBytes` of the process that calls.
   * @throws `signal.reason`, if the wait was aborted.
   */
  async recv(wait?: WaitOptions): Promise<Received> {
    refuseSurplus("recv(wait)", arguments, 1);
    check(this, "receive", this.readable, wait?.signal);
    return await this[REF].call("recv", [], wait) as Received;
  }

  /**
   * Sends bytes as a message of their own, which arrives as a Uint8Array.
   *
   * @param bytes What to send, or a part of it.
   * @param offset Where the part begins. @default 0
   * @param size How many bytes it has. @default all that follow
   * @throws {RangeError} If the part does not lie within the bytes.
   * @throws {TypeError} If they are not bytes.
   * @throws What `send()` throws.
   */
  async sendBytes(bytes: Uint8Array | ArrayBuffer, offset: number = 0, size?: number): Promise<void> {
    refuseSurplus("sendBytes(bytes, offset, size)", arguments, 3);
    check(this, "send", this.writable);
    if (!(bytes instanceof ArrayBuffer) && !ArrayBuffer.isView(bytes)) {
      throw new TypeError(
        `Cannot send ${shown(bytes)} as bytes: a Uint8Array or an ArrayBuffer is wanted; send() takes other values`,
      );
    }
    const length = size ?? bytes.byteLength - offset;
    const isInside = Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 0 &&
      offset + length <= bytes.byteLength;
    if (!isInside) {
      const asked = `offset ${shown(offset)}${size === undefined ? "" : `, size ${shown(size)}`}`;
      throw new RangeError(`Cannot send bytes: ${asked} was asked for, there are ${bytes.byteLength} bytes`);
    }
    const view = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
    const part = new Uint8Array(view.buffer, view.byteOffset + offset, length);
    await this[REF].call("send", [part]);
  }

  /**
   * Receives the next message, which must be bytes, and waits for it.
   *
   * @param options How long, and how much.
   * @returns The bytes.
   * @throws {RangeError} If the message has more than `maxLength` bytes, and can still be received; or `maxLength` is not a whole number
   * from 0.
   * @throws {TypeError} If the message is not bytes. It can still be received.
   * @throws What `recv()` throws.
   */
  async recvBytes(options: ReceiveBytesOptions = {}): Promise<Uint8Array> {
    refuseSurplus("recvBytes(options)", arguments, 1);
    check(this, "receive", this.readable, options?.signal);
    // Python's only argument is the most that it takes.
    if (typeof options === "number") {
      throw new TypeError(`Cannot receive bytes: the options are ${options}, wanted { maxLength: ${options} }`);
    }
    if (typeof options !== "object" || options === null || options instanceof AbortSignal) checkWait(options);
    const { maxLength, ...wait } = options;
    const strange = Object.keys(wait).find((name) => name !== "timeoutMs" && name !== "signal");
    if (strange !== undefined) {
      throw new TypeError(
        `Cannot receive bytes: "${strange}" is not an option of it, wanted "maxLength", "timeoutMs" or "signal"`,
      );
    }
    if (maxLength !== undefined && !(Number.isSafeInteger(maxLength) && maxLength >= 0) && maxLength !== Infinity) {
      throw new RangeError(`Cannot receive at most ${shown(maxLength)} bytes: a whole number is wanted, 0 or more`);
    }
    return await this[REF].call("recvBytes", maxLength === undefined ? [] : [maxLength], wait) as Uint8Array;
  }

  /**
   * Tells whether `recv()` would return or throw at once: a message is there, or the stream has ended, even by the end of the process that made
   * the pipe.
   *
   * @param timeoutMs How many milliseconds to wait for that; 0 or less only looks, `Infinity` waits as long as it takes. @default 0
   * @param options A signal that ends the wait.
   * @returns Whether it would.
   * @throws {TypeError} If this end only sends, or a parameter is of another type; a `RangeError` if `timeoutMs` is NaN.
   * @throws {ClosedError} If it was closed here.
   * @throws `signal.reason`, if the wait was aborted.
   */
  async poll(timeoutMs = 0, options: { signal?: AbortSignal | undefined } = {}): Promise<boolean> {
    refuseSurplus("poll(timeoutMs, { signal })", arguments, 2);
    check(this, "poll", this.readable, options?.signal);
    checkWait(options);
    if (Object.hasOwn(options, "timeoutMs")) {
      throw new TypeError("Cannot poll: the time comes first, wanted poll(1000)");
    }
    const { signal } = options;
    try {
      return await this[REF].call("poll", [], { timeoutMs, signal }) as boolean;
    } catch (error) {
      // The pipe has ended with its process: that is what recv() would throw. A signal may be aborted with such an error.
      if (error instanceof EndOfStreamError && error !== signal?.reason) return true;
      throw error;
    }
  }

  /**
   * Closes this end for this process: calls and waits reject with ClosedError, also those of other tasks that the process works on, and of
   * the items of a `map` that came with it in one chunk.
   */
  override close(): void {
    refuseArguments("close()", arguments);
    this[REF].close();
  }

  /** Receives message after message; ends when the stream has, or when this end is closed here. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Received, void, undefined> {
    return new Messages((wait) => this.recv(wait));
  }
}

/**
 * Receives message after message for one loop, until the stream ends.
 *
 * Not a generator: one that is left while it waits goes on to wait, and would take a message that nobody gets.
 */
class Messages<T> implements AsyncIterableIterator<T, void, undefined> {
  readonly #receive: (wait: WaitOptions) => Promise<T>;
  readonly #leaving = new AbortController();
  #ended = false;

  /** @param receive Waits for one message. */
  constructor(receive: (wait: WaitOptions) => Promise<T>) {
    this.#receive = receive;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, void>> {
    if (this.#ended) return { done: true, value: undefined };
    try {
      return { done: false, value: await this.#receive({ signal: this.#leaving.signal }) };
    } catch (error) {
      this.#ended = true;
      if (error === LEFT || error instanceof EndOfStreamError || error instanceof ClosedError) {
        return { done: true, value: undefined };
      }
      throw error;
    }
  }

  return(): Promise<IteratorResult<T, void>> {
    this.#ended = true;
    this.#leaving.abort(LEFT);
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** Not a private method: those are only on what a constructor made, and a handle that arrived is not. */
function check(
  connection: { readonly closed: boolean; readonly readable: boolean },
  action: string,
  isPossible: boolean,
  signal?: unknown,
): void {
  // An abort comes before everything else.
  if (signal instanceof AbortSignal) signal.throwIfAborted();
  if (connection.closed) throw new ClosedError(`Cannot ${action}: the connection was closed`);
  if (isPossible) return;
  throw new TypeError(`Cannot ${action}: this end of the pipe only ${connection.readable ? "receives" : "sends"}`);
}

for (const type of Object.values(CONNECTION_TYPES)) registerHandleClass(type, Connection);
