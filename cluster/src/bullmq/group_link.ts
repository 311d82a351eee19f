import { Relay, type RelayOptions } from "bullmq";
import { Buffer } from "node:buffer";
import type { KnownAgent } from "../broker.ts";
import type { Letter } from "../message/letter.ts";
import { readPresence } from "../message/presence.ts";
import { relayNamespace } from "../names.ts";
import { within } from "../clock.ts";

const CANCEL_TOPIC = "cancel";
const CLOSE_LIMIT_MS = 2000;

/** What a member of a group says of itself. */
export interface GroupLinkOptions {
  /** The server, and what of BullMQ knows how to use it when that is not Redis. */
  readonly relay: Pick<RelayOptions, "connection" | "backend">;
  /** Whether a member's lease lasts. Asks for one alone: with a thousand agents, each listing all members would be too much for the server. */
  readonly isAlive: (id: string) => Promise<boolean>;
  readonly group: string;
  /** Names the member for as long as it lives. */
  readonly id: string;
  /** Whatever it says of itself, at most 256 characters. */
  readonly name: string;
  /** How long it can be silent before others take it for gone. */
  readonly leaseMs: number;
  readonly onError: (error: Error) => void;
}

/**
 * How the members of a group know of each other, and tell each other to stop tasks: BullMQ's Relay.
 *
 * Relay (docs/decisions/cluster.md says why) is experimental and may change in a minor release, which is why it is used nowhere else. A
 * message is lost when the receiver's lease has lapsed; a sender that needs an effect sends again until it sees it.
 */
export class GroupLink {
  readonly #relay: Relay;
  /** Whether a member's lease lasts. */
  readonly isAlive: (id: string) => Promise<boolean>;

  constructor({ relay, isAlive, group, id, name, leaseMs, onError }: GroupLinkOptions) {
    this.isAlive = isAlive;
    this.#relay = new Relay({
      ...relay,
      namespace: relayNamespace(group),
      nodeId: id,
      name,
      leaseDuration: leaseMs,
      // Sweeping at half a lease, so that who is gone is soon not listed.
      sweepInterval: Math.max(1, Math.floor(leaseMs / 2)),
    });
    this.#relay.on("error", onError);
  }

  /** Resolves when the member is registered. */
  async ready(): Promise<void> {
    await this.#relay.waitUntilReady();
  }

  /** The agents that live. */
  async agents(): Promise<KnownAgent[]> {
    const nodes = await this.#relay.getNodes();
    // A node without a heartbeat has lost its lease; it is listed until somebody sweeps it.
    const living = nodes.filter(({ lastHeartbeat }) => lastHeartbeat !== undefined);
    return living.flatMap(({ id, info, registeredAt }): KnownAgent[] => {
      // Nodes are not signed: what is not what an agent says is none.
      const { name: said, pid = 0 } = Object(info);
      const presence = readPresence(said);
      const startedAt = new Date(registeredAt);
      if (presence === undefined || !Number.isInteger(pid) || Number.isNaN(startedAt.getTime())) return [];
      const { name, lanes, code, corral } = presence;
      return [{ id, pid, name, lanes, corral, modules: [code], startedAt }];
    });
  }

  /** Tells all agents that listen to stop tasks. */
  async cancel(letter: Letter): Promise<void> {
    await this.#relay.publish(CANCEL_TOPIC, letter);
  }

  /** Listens for tasks to stop. */
  async onCancel(listener: (letter: unknown) => void): Promise<void> {
    await this.#relay.subscribe(CANCEL_TOPIC, ({ data }) => listener(data));
  }

  /** Leaves the group. Does not wait for a connection that is away; says whether it has left. */
  async close(): Promise<boolean> {
    return await within(CLOSE_LIMIT_MS, this.#relay.close());
  }
}

/** An id for a member: neither all digits nor with a colon, which BullMQ would take for its own. */
export function memberId(kind: "c" | "a"): string {
  return kind + Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString("hex");
}
