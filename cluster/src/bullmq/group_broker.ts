import type { KnownAgent } from "../broker.ts";
import type { Letter } from "../message/letter.ts";
import type { Claim, Piece } from "../message/parcel.ts";
import type { Store } from "./engine.ts";
import type { GroupLink } from "./group_link.ts";

/** What a broker on any server is made of. */
export interface GroupBrokerOptions {
  readonly link: GroupLink;
  readonly store: Store;
  readonly clockOffsetMs: number;
  readonly onClose: () => void;
}

/** What brokers do alike, whatever server BullMQ is on: they speak to the group, and to its store. */
export abstract class GroupBroker {
  readonly clockOffsetMs: number;
  readonly #options: GroupBrokerOptions;
  #closing: Promise<void> | undefined;

  constructor(options: GroupBrokerOptions) {
    this.#options = options;
    this.clockOffsetMs = options.clockOffsetMs;
  }

  async cancel(letter: Letter): Promise<void> {
    await this.#options.link.cancel(letter);
  }

  async agents(): Promise<KnownAgent[]> {
    return await this.#options.link.agents();
  }

  async put(shelf: string, pieces: readonly Piece[]): Promise<void> {
    await this.#options.store.put(shelf, pieces);
  }

  async get(shelf: string, claim: Claim): Promise<Uint8Array | undefined> {
    return await this.#options.store.get(shelf, claim);
  }

  async drop(shelf: string, hashes: readonly string[]): Promise<void> {
    await this.#options.store.drop(shelf, hashes);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.closeQueue();
    this.#options.onClose();
  }

  /** Waits until the server has its queue and its events. A broker that cannot get ready is closed: what it listens to may be the connection of all. */
  async opened(): Promise<this> {
    try {
      await this.ready();
    } catch (error) {
      await this.close();
      throw error;
    }
    return this;
  }

  /** Has the server have its queue and its events. */
  protected abstract ready(): Promise<void>;

  /** Ends the queue and its events, in a few seconds at most. */
  protected abstract closeQueue(): Promise<void>;
}
