import type { RunEvent, RunObserver } from "../records/run_events.ts";

/** So much of what is printed is handed on at once, that of a slow reader it is known whether it reads at all. */
const MOST_TEXT = 64 * 1024;
/** While so much waits to be printed, nothing new begins. */
const MUCH_TEXT = 8 * 1024 * 1024;
/** What an event takes beside its text. */
const EVENT_SIZE = 256;

/** Events that wait, and those who wait for them. */
interface Group {
  readonly events: RunEvent[];
  readonly taken: PromiseWithResolvers<void>;
}

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
  #next: Group | undefined;
  #present: Group | undefined;
  /** About what waits to be printed takes in memory. */
  #waitingText = 0;
  #failure: { readonly error: unknown } | undefined;
  #onFailure: (error: unknown) => void = () => {};
  #isClosed = false;

  constructor(observers: readonly RunObserver[]) {
    this.#observers = observers;
    this.wantsRecords = observers.some((observer) => observer.wantsRecords);
    this.tellsEnd = observers.some((observer) => observer.tellsEnd ?? false);
    this.wantsHashes = observers.some((observer) => observer.wantsHashes);
  }

  /** Resolves when something new may begin; it may when it is `undefined`. What waits to be printed is in memory. */
  get room(): Promise<void> | undefined {
    return this.#waitingText < MUCH_TEXT ? undefined : this.#last?.taken.promise;
  }

  /** Says who is told when an observer has failed, and takes no more: who waits for nothing would not notice. */
  hearFailure(onFailure: (error: unknown) => void): void {
    this.#onFailure = onFailure;
  }

  /** Hands on an event, as soon as those before it have been taken. See {@linkcode emitAll}. */
  emit(event: RunEvent): Promise<void> {
    return this.emitAll([event]);
  }

  /**
   * Hands on any number of events: too many for the arguments of one call. Those that come behind the end are nobody's, as of a worker that exits
   * late. Resolves when they have been taken, or when an observer has failed and nothing will be.
   */
  emitAll(events: readonly RunEvent[]): Promise<void> {
    if (this.#isClosed || this.#failure !== undefined) return Promise.resolve();
    const group = this.#next ??= { events: [], taken: Promise.withResolvers() };
    for (const event of events) {
      group.events.push(event);
      this.#waitingText += sizeOf(event);
    }
    if (this.#present === undefined) this.#run();
    return group.taken.promise;
  }

  /** Waits until all events up to now have been taken. Throws what an observer threw. */
  async settle(): Promise<void> {
    // Not for those that come meanwhile: a worker may print without an end.
    await this.#last?.taken.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Closes all observers. Throws what the first one threw that failed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last?.taken.promise;
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

  get #last(): Group | undefined {
    return this.#next ?? this.#present;
  }

  async #run(): Promise<void> {
    try {
      while (this.#next !== undefined) {
        this.#present = this.#next;
        this.#next = undefined;
        for (const events of portionsOf(this.#present.events)) await this.#hand(events);
        this.#present.taken.resolve();
      }
    } catch (error) {
      this.#failure = { error };
      for (const group of [this.#present, this.#next]) group?.taken.resolve();
      this.#next = undefined;
      this.#waitingText = 0;
      this.#onFailure(error);
    } finally {
      this.#present = undefined;
    }
  }

  async #hand(events: readonly RunEvent[]): Promise<void> {
    for (const observer of this.#observers) {
      const wanted = observer.wantsRecords ? events : events.filter(({ type }) => type !== "record");
      if (wanted.length > 0) await observer.receive(wanted);
      this.taken++;
    }
    for (const event of events) this.#waitingText -= sizeOf(event);
  }
}

function sizeOf(event: RunEvent): number {
  return event.type === "print" ? event.text.length + EVENT_SIZE : 0;
}

/** Events in their order, with so much text in each part that one write takes. */
function* portionsOf(events: readonly RunEvent[]): Iterable<readonly RunEvent[]> {
  let [start, size] = [0, 0];
  for (const [at, event] of events.entries()) {
    size += sizeOf(event);
    if (size < MOST_TEXT) continue;
    yield events.slice(start, at + 1);
    [start, size] = [at + 1, 0];
  }
  if (start < events.length) yield start === 0 ? events : events.slice(start);
}
