import type { Completion } from "../corral.ts";
import type { Entry } from "./entry.ts";
import { OrderWindow } from "./order_window.ts";
import { Outbox } from "./outbox.ts";
import type { Shelf } from "./shelf.ts";

/**
 * Every task that has not settled.
 *
 * The one rule that all else serves: a task is here until its caller has been told, and the one who takes it out tells. So nothing settles twice,
 * whichever of event, sweep, cancellation and loss comes first, and nothing is forgotten.
 */
export class Books {
  readonly outbox: Outbox<Entry> = new Outbox();
  readonly window: OrderWindow = new OrderWindow();
  readonly #entries = new Map<string, Entry>();
  readonly #onTaken: () => void;
  #shelf: Shelf | undefined;

  /** @param onTaken Called, a moment later, when a task was taken out. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  /** How many there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** All of them. */
  get all(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** Says where the pieces of orders lie. */
  useShelf(shelf: Shelf): void {
    this.#shelf = shelf;
  }

  /** The task of a job. */
  get(jobId: string): Entry | undefined {
    return this.#entries.get(jobId);
  }

  /** Takes a task in: it waits to leave. */
  add(entry: Entry): void {
    this.#entries.set(entry.jobId, entry);
    this.outbox.add(entry);
  }

  /** Takes a task off the books. Only the caller gets the completion, and must tell it. */
  take(entry: Entry): Completion | undefined {
    if (entry.state === "ended") return undefined;
    const { state } = entry;
    entry.state = "ended";
    this.#entries.delete(entry.jobId);
    if (state === "waiting") this.outbox.remove(entry);
    // Of one that is being written, the sender lets go when it is out.
    else if (state !== "leaving") this.letGo(entry);
    queueMicrotask(this.#onTaken);
    return entry.completion;
  }

  /** A task that was out waits here again. */
  comeBack(entry: Entry): void {
    if (entry.state === "ended") return;
    this.letGo(entry);
    entry.state = "waiting";
    entry.lossesBefore = entry.losses;
    entry.misses = 0;
    entry.hadEnded = undefined;
    this.outbox.add(entry);
  }

  /** A task is no longer out. */
  letGo(entry: Entry): void {
    if (!entry.isOut) return;
    entry.isOut = false;
    this.window.back(entry.request.byteLength);
    if (!entry.isKept) this.#shelf?.release(entry.pieces);
    entry.pieces = [];
  }
}
