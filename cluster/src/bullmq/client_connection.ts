import type { Broker, BrokerListener, KnownAgent } from "../broker.ts";
import { within } from "../clock.ts";
import type { ConnectionOptions, EngineConnection } from "./engine.ts";
import { memberId } from "./group_link.ts";
import { openEngine } from "./open_engine.ts";

/** As long as it takes at most until what was about to open sees that the connection is closed. */
const BEGUN_LIMIT_MS = 2000;

/** A client's part in a group: one connection for all its pools. */
export class ClientConnection {
  /** Names this client. */
  readonly id: string = memberId("c");
  readonly #group: string;
  readonly #connection: EngineConnection;
  readonly #brokers = new Map<BrokerListener, Broker>();
  readonly #openings = new Set<Promise<Broker>>();
  #closed = false;

  /** Connects in the background. */
  constructor(options: Omit<ConnectionOptions, "id" | "name" | "onChange">) {
    this.#group = options.group;
    this.#connection = openEngine({
      ...options,
      id: this.id,
      name: "corral-client",
      onChange: (up, error) => {
        for (const listener of this.#brokers.keys()) listener.connection(up, error);
      },
    });
  }

  /** Resolves when the server was found fit for work, and this client is known in the group. */
  async ready(): Promise<void> {
    await this.#connection.checked();
  }

  /** Opens the part of one pool, unless this closes. */
  async open(code: string, listener: BrokerListener): Promise<Broker> {
    if (this.#closed) throw new Error("Cannot use the cluster: it was closed before");
    const opening = this.#open(code, listener);
    this.#openings.add(opening);
    try {
      return await opening;
    } finally {
      this.#openings.delete(opening);
    }
  }

  /** The agents of the group. */
  async agents(): Promise<KnownAgent[]> {
    const { link } = await this.#connection.checked();
    return await link.agents();
  }

  /** Ends it, within a few seconds. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#closeBrokers();
    await this.#connection.close();
    // What was about to open is cut off by it, or has just opened.
    await within(BEGUN_LIMIT_MS, Promise.allSettled([this.#connection.checked(), ...this.#openings]));
    await this.#closeBrokers();
  }

  async #closeBrokers(): Promise<void> {
    await Promise.all([...this.#brokers.values()].map((broker) => broker.close()));
  }

  async #open(code: string, listener: BrokerListener): Promise<Broker> {
    await this.#connection.checked();
    const broker = await this.#connection.openBroker({
      group: this.#group,
      code,
      listener,
      onClose: () => this.#brokers.delete(listener),
    });
    this.#brokers.set(listener, broker);
    return broker;
  }
}
