import { ClosedError, QueueEmptyError, QueueFullError } from "../errors.ts";
import { Handover, type SharedObject } from "../hub/shared_object.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";
import { Deque } from "../deque.ts";

/** The owner's side of a queue. Items live here, so none is lost when its writer ends. */
export class QueueObject implements SharedObject {
  readonly operations = {
    put: async (caller: Caller, wait: WaitOptions, item: unknown): Promise<void> => await this.#put(caller, wait, item),
    putNowait: (_caller: Caller, _wait: WaitOptions, item: unknown): void => {
      if (!this.#tryPut(item)) {
        throw new QueueFullError(`Cannot put: the queue is full, it holds ${this.#maxSize} items`);
      }
    },
    get: async (caller: Caller, wait: WaitOptions): Promise<Handover> => await this.#get(caller, wait),
    getNowait: (): Handover => {
      const item = this.#tryGet();
      if (item === undefined) throw new QueueEmptyError("Cannot get: the queue is empty");
      return item;
    },
    qsize: (): number => this.#items.size,
    empty: (): boolean => this.#items.size === 0,
    full: (): boolean => this.#items.size >= this.#maxSize,
  };
  readonly #maxSize: number;
  readonly #items = new Deque<unknown>();
  readonly #readers = new WaitQueue<Handover>();
  readonly #writers = new WaitQueue<void>();
  #closed = false;

  constructor(maxSize: number) {
    this.#maxSize = maxSize > 0 ? maxSize : Infinity;
  }

  /** Ends all waits: nobody can reach the queue any more. */
  close(): void {
    this.#closed = true;
    this.#readers.rejectAll();
    this.#writers.rejectAll();
  }

  processEnded(isEnded: (process: string) => boolean): void {
    this.#readers.dropProcess(isEnded);
    this.#writers.dropProcess(isEnded);
  }

  async #put(caller: Caller, wait: WaitOptions, item: unknown): Promise<void> {
    while (!this.#tryPut(item)) await this.#writers.wait(caller, wait);
  }

  #tryPut(item: unknown): boolean {
    if (this.#closed) throw new ClosedError("Cannot put: the queue is closed");
    if (this.#readers.size > 0) {
      this.#readers.grant(this.#handover(item));
      return true;
    }
    if (this.#items.size >= this.#maxSize) return false;
    this.#items.push(item);
    return true;
  }

  async #get(caller: Caller, wait: WaitOptions): Promise<Handover> {
    return this.#tryGet() ?? await this.#readers.wait(caller, wait);
  }

  #tryGet(): Handover | undefined {
    if (this.#closed) throw new ClosedError("Cannot get: the queue is closed");
    if (this.#items.size === 0) return undefined;
    const item = this.#items.shift();
    this.#writers.grant();
    return this.#handover(item);
  }

  #handover(item: unknown): Handover {
    return new Handover(item, () => this.#putBack(item));
  }

  /** The reader died before it had the item: it goes to the next one, before all others. */
  #putBack(item: unknown): void {
    if (this.#readers.size > 0) this.#readers.grant(this.#handover(item));
    else this.#items.unshift(item);
  }
}
