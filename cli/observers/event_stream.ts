import type { RunEvent, RunObserver } from "../records/run_events.ts";

/** Hands events to all observers, in order, and waits for those that need time. */
export class EventStream {
  /** Whether somebody wants to know of every record. */
  readonly wantsRecords: boolean;
  /** Whether somebody wants the hashes of records. */
  readonly wantsHashes: boolean;
  /** Whether an observer says how the run ended. */
  readonly tellsEnd: boolean;
  /** Grows with each step of an observer: whether those that need time get on. */
  taken = 0;
  readonly #observers: readonly RunObserver[];
  #pending: RunEvent[] = [];
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;

  constructor(observers: readonly RunObserver[]) {
    this.#observers = observers;
    this.wantsRecords = observers.some((observer) => observer.wantsRecords);
    this.tellsEnd = observers.some((observer) => observer.tellsEnd ?? false);
    this.wantsHashes = observers.some((observer) => observer.wantsHashes);
  }

  /** Hands on an event, as soon as those before it have been taken. */
  emit(event: RunEvent): void {
    this.emitAll([event]);
  }

  /** Hands on any number of events: too many for the arguments of one call. Those that come behind the end are nobody's, as of a worker that exits late. */
  emitAll(events: readonly RunEvent[]): void {
    if (this.#isClosed) return;
    for (const event of events) this.#pending.push(event);
    if (this.#running === undefined && this.#failure === undefined) this.#running = this.#run();
  }

  /** Waits until all events have been taken. Throws what an observer threw. */
  async settle(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Closes all observers. Throws what the first one threw that failed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    for (const observer of this.#observers) {
      try {
        await observer.close();
        this.taken++;
      } catch (error) {
        this.#failure ??= { error };
      }
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #run(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const events = this.#pending;
        this.#pending = [];
        for (const observer of this.#observers) {
          const wanted = observer.wantsRecords ? events : events.filter(({ type }) => type !== "record");
          if (wanted.length > 0) await observer.receive(wanted);
          this.taken++;
        }
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#running = undefined;
    }
  }
}
