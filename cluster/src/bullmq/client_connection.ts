import type { Broker, BrokerListener, KnownAgent } from "../broker.ts";
import { type ConnectionOptions, GroupConnection } from "./group_connection.ts";
import { memberId } from "./group_link.ts";
import { RedisBroker } from "./redis_broker.ts";

/** A client's part in a group: one connection for all its pools. */
export class ClientConnection {
  /** Names this client. */
  readonly id: string = memberId("c");
  readonly #group: string;
  readonly #connection: GroupConnection;
  readonly #brokers = new Set<RedisBroker>();

  /** Connects in the background. */
  constructor(options: Omit<ConnectionOptions, "id" | "name" | "onChange">) {
    this.#group = options.group;
    this.#connection = new GroupConnection({
      ...options,
      id: this.id,
      name: "corral-client",
      onChange: (up, error) => {
        for (const broker of this.#brokers) broker.tellConnection(up, error);
      },
    });
  }

  /** Resolves when the server was found fit for work, and this client is known in the group. */
  async ready(): Promise<void> {
    await this.#connection.checked();
  }

  /** Opens the part of one pool. */
  async open(code: string, listener: BrokerListener): Promise<Broker> {
    const { link, clockOffsetMs } = await this.#connection.checked();
    const { redis, store } = this.#connection;
    const broker: RedisBroker = new RedisBroker({
      redis,
      eventsRedis: this.#connection.openAnother(),
      group: this.#group,
      code,
      link,
      store,
      clockOffsetMs,
      listener,
      onClose: () => this.#brokers.delete(broker),
    });
    this.#brokers.add(broker);
    await broker.ready();
    return broker;
  }

  /** The agents of the group. */
  async agents(): Promise<KnownAgent[]> {
    const { link } = await this.#connection.checked();
    return await link.agents();
  }

  /** Ends it, within a few seconds. */
  async close(): Promise<void> {
    await Promise.all([...this.#brokers].map((broker) => broker.close()));
    await this.#connection.close();
  }
}
