/** What a program does with BullMQ alone. */
import { Queue, QueueEvents } from "npm:bullmq@6.7.0";
import { Redis } from "npm:ioredis@5.11.1";

const BULK = 250;

/** A queue and its events. */
export class RawClient implements AsyncDisposable {
  readonly #connections: Redis[] = [];
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  #last = 0;

  constructor(url: string, name: string) {
    this.#queue = new Queue(name, {
      connection: this.#connect(url),
      defaultJobOptions: { removeOnComplete: { count: 1000 } },
    });
    this.#events = new QueueEvents(name, { connection: this.#connect(url) });
  }

  /** Resolves when events are read. */
  async ready(): Promise<void> {
    await Promise.all([this.#queue.waitUntilReady(), this.#events.waitUntilReady()]);
  }

  /** Runs so many jobs at once. */
  async burst(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = count;
    const onCompleted = (): void => {
      if (--left === 0) resolve();
    };
    this.#events.on("completed", onCompleted);
    for (let start = 0; start < count; start += BULK) {
      const jobs = Array.from(
        { length: Math.min(BULK, count - start) },
        (_, index) => ({ name: "f", data: [start + index] }),
      );
      await this.#queue.addBulk(jobs);
    }
    await promise;
    this.#events.off("completed", onCompleted);
  }

  /** Runs one job and waits for it. */
  async call(): Promise<void> {
    const job = await this.#queue.add("f", [++this.#last]);
    await job.waitUntilFinished(this.#events);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#events.close();
    await this.#queue.close();
    for (const connection of this.#connections) connection.disconnect();
  }

  #connect(url: string): never {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    this.#connections.push(connection);
    return connection as never;
  }
}
