import type { PoolEvent } from "../../../mod.ts";

/** Far more than anything takes here, also on a busy machine. */
const LIMIT_MS = 60_000;

/** Keeps a pool's events, and waits for some. Pass its `listener` as `onEvent`. */
export class EventLog {
  readonly events: PoolEvent[] = [];
  readonly #waiters = new Set<() => void>();

  readonly listener = (event: PoolEvent): void => {
    this.events.push(event);
    for (const waiter of [...this.#waiters]) waiter();
  };

  /** All events of a type, so far. */
  of<T extends PoolEvent["type"]>(type: T): Extract<PoolEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<PoolEvent, { type: T }> => event.type === type);
  }

  /** The process ids of all workers, so far. */
  get pids(): number[] {
    return this.of("spawn").map(({ pid }) => pid);
  }

  /** Resolves when there are `count` events of a type. Waits for them even if the pool is idle and would not. */
  async reached(type: PoolEvent["type"], count: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => end(() => reject(new Error(`Only ${this.of(type).length} of ${count} "${type}" events came`))),
        LIMIT_MS,
      );
      const waiter = (): void => {
        if (this.of(type).length >= count) end(resolve);
      };
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        settle();
      };
      this.#waiters.add(waiter);
      waiter();
    });
  }

  /** What tasks printed on a stream. */
  text(stream: "stdout" | "stderr"): string {
    const decoder = new TextDecoder();
    return this.of("output").filter((event) => event.stream === stream).map(({ bytes }) => decoder.decode(bytes)).join(
      "",
    );
  }
}
