import type { Broker, OutgoingOrder } from "../broker.ts";
import { type Clock, pause } from "../clock.ts";
import type { Sealer } from "../message/letter.ts";
import { sealOrder } from "../message/order.ts";
import { type PackedRequest, packRequest } from "./request_packing.ts";
import { RUN_SHELF } from "../names.ts";
import type { Entry } from "./entry.ts";
import type { OrderWindow } from "./order_window.ts";
import type { Outbox } from "./outbox.ts";
import type { Shelf } from "./shelf.ts";

/** An order that waits longer is not run: bounds how long an order that somebody kept a copy of could be sent again. */
const ORDER_TTL_MS = 24 * 60 * 60 * 1000;
const RETRY_MS = 500;
/** With a thousand agents there is room for thousands of orders: the first must not wait until the last is written. */
const MOST_AT_ONCE = 256;

/** What a sender works with. */
export interface SenderOptions {
  readonly clientId: string;
  readonly broker: Broker;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly outbox: Outbox<Entry>;
  readonly window: OrderWindow;
  /** For what this client needs only itself. */
  readonly shelf: Shelf;
  readonly shelfName: string;
  /** For runs with an id. */
  readonly runShelf: Shelf;
  readonly lanes: () => number;
  /** Whether a job of that id is being taken away: a run may be given up, and called again at once. */
  readonly isPursued: (id: string) => boolean;
  /** How long the server may refuse orders before their callers are told. */
  readonly refusalLimitMs: number;
  /** The server refuses orders, or takes them again. */
  readonly onRefusing: (refusal: string | undefined) => void;
  /** The server has refused an order for too long. It has not started. */
  readonly onRefused: (entry: Entry, refusal: string, ms: number) => void;
  /** An order is out. The caller may have given it up meanwhile. */
  readonly onSent: (entry: Entry) => void;
  /** Nothing is being written any more. */
  readonly onRest: () => void;
}

/** Writes orders, as many at a time as the window has room for. */
export class Sender {
  readonly #options: SenderOptions;
  /** Orders that wait until the job that had their id is gone. */
  readonly #held = new Map<string, Entry>();
  #pumping = false;
  #stopped = false;
  /** The server refuses what is being written; somebody was told so. */
  #refusing = false;
  #refusedSince: number | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Whether something is being written, or could be. */
  get isBusy(): boolean {
    return this.#pumping;
  }

  /** Sends what there is room for, at the end of the turn. */
  pump(): void {
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    queueMicrotask(() => void this.#pump());
  }

  /** Says that no job of that id is taken away any more. */
  release(id: string): void {
    const entry = this.#held.get(id);
    if (!this.#held.delete(id) || entry!.state !== "waiting") return;
    this.#options.outbox.add(entry!);
    this.pump();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  async #pump(): Promise<void> {
    const { outbox } = this.#options;
    try {
      while (!this.#stopped && outbox.size > 0) {
        const batch = this.#takeBatch();
        if (batch.length === 0) break;
        await this.#send(batch);
      }
    } finally {
      this.#pumping = false;
      // What is submitted later has a time of its own.
      this.#refusedSince = undefined;
      this.#options.onRest();
    }
  }

  #takeBatch(): Entry[] {
    const { outbox, window, lanes, isPursued } = this.#options;
    const batch: Entry[] = [];
    const room = Math.min(window.room(lanes()), MOST_AT_ONCE);
    while (batch.length < room) {
      const entry = outbox.take();
      if (entry === undefined) break;
      if (isPursued(entry.jobId)) {
        this.#held.set(entry.jobId, entry);
        continue;
      }
      entry.state = "leaving";
      entry.isOut = true;
      batch.push(entry);
      if (!window.leave(entry.request.byteLength)) break;
    }
    return batch;
  }

  /**
   * Sends a batch until it is out. The same ids again are the same jobs, so that an answer that was lost does no harm; but what has been answered
   * meanwhile must not be sent again: its job is gone, and would be a new one (docs/decisions/cluster.md).
   */
  async #send(batch: readonly Entry[]): Promise<void> {
    const { broker, onSent, clock, onRefusing } = this.#options;
    const packed = new Map(batch.map((entry) => [entry, packRequest(entry.request)]));
    for (let left = batch; left.length > 0 && !this.#stopped; left = batch.filter(({ state }) => state === "leaving")) {
      try {
        await this.#lookForEnds(left);
        await this.#put(left, packed);
        await broker.add(left.map((entry) => this.#order(entry, packed.get(entry)!)));
        if (this.#refusing) onRefusing(undefined);
        this.#refusing = false;
        this.#refusedSince = undefined;
        break;
      } catch (error) {
        if (await this.#giveUp(left, broker.refusal(error))) break;
        await pause(clock, RETRY_MS);
      }
    }
    for (const entry of batch) onSent(entry);
  }

  /**
   * Tells callers that the server has refused their orders for too long, such as one that has no memory left. A connection that is away refuses
   * nothing: it is waited for. Says whether the batch is done with.
   */
  async #giveUp(entries: readonly Entry[], refusal: string | undefined): Promise<boolean> {
    const { broker, clock, refusalLimitMs, onRefusing, onRefused } = this.#options;
    if (refusal === undefined) return false;
    this.#refusedSince ??= clock.now();
    if (!this.#refusing) onRefusing(refusal);
    this.#refusing = true;
    const ms = clock.now() - this.#refusedSince;
    if (ms < refusalLimitMs) return false;
    try {
      // Some of a batch may have got through.
      const states = await broker.inspect(entries.map(({ jobId }) => jobId));
      entries.forEach((entry, at) => {
        if (entry.state === "leaving" && states[at]!.state === "missing") onRefused(entry, refusal, ms);
      });
      return true;
    } catch {
      return false;
    }
  }

  /** A run's job that had failed before it was called again must not be told as its failure. Only now can the two be told apart. */
  async #lookForEnds(entries: readonly Entry[]): Promise<void> {
    const unknown = entries.filter(({ isKept, hadEnded }) => isKept && hadEnded === undefined);
    if (unknown.length === 0) return;
    const states = await this.#options.broker.inspect(unknown.map(({ jobId }) => jobId));
    unknown.forEach((entry, at) => {
      entry.hadEnded = states[at]!.state === "finished";
    });
  }

  async #put(entries: readonly Entry[], packed: ReadonlyMap<Entry, PackedRequest>): Promise<void> {
    const { shelf, runShelf } = this.#options;
    for (const entry of entries) {
      const { pieces } = packed.get(entry)!;
      if (pieces.length === 0 || entry.pieces.length > 0) continue;
      await (entry.isKept ? runShelf : shelf).hold(pieces);
      entry.pieces = pieces.map(({ hash }) => hash);
    }
  }

  #order(entry: Entry, { part }: PackedRequest): OutgoingOrder {
    const { clientId, sealer, clock, broker, shelfName } = this.#options;
    const { request, jobId, retriesLeft, isKept } = entry;
    const { chunk, timeoutMs, trace } = request;
    const letter = sealOrder(sealer, {
      id: jobId,
      client: clientId,
      ...(chunk !== undefined && { chunk }),
      ...(timeoutMs !== undefined && timeoutMs !== Infinity && { timeoutMs }),
      retries: retriesLeft,
      ...(isKept && { keep: true as const }),
      ...(trace !== undefined && { trace }),
      expires: Math.round(clock.epoch() + broker.clockOffsetMs + ORDER_TTL_MS),
      shelf: isKept ? RUN_SHELF : shelfName,
      ...part,
    });
    return { id: jobId, name: request.function.name || "anonymous", letter, priority: request.priority };
  }
}
