import type { Broker, KnownAgent } from "../broker.ts";
import type { Clock } from "../clock.ts";
import type { BackendSettings } from "../corral.ts";
import type { Sealer } from "../message/letter.ts";
import { RUN_SHELF } from "../names.ts";
import { Acknowledger } from "./acknowledger.ts";
import type { Books } from "./books.ts";
import { refusedByServerError } from "./faults.ts";
import type { Lanes } from "./lanes.ts";
import { Outcomes } from "./outcomes.ts";
import { Pursuit } from "./pursuit.ts";
import { Sender } from "./sender.ts";
import { Shelf } from "./shelf.ts";
import { Sweeper } from "./sweeper.ts";

/** What is there once the way to the agents is open. */
export interface Way {
  readonly broker: Broker;
  readonly code: string;
  readonly sender: Sender;
  readonly shelf: Shelf;
  readonly pursuit: Pursuit;
  readonly acknowledger: Acknowledger;
  readonly sweeper: Sweeper;
  readonly outcomes: Outcomes;
}

/** What the parts of a way work with. */
interface WayOptions {
  readonly settings: Pick<BackendSettings, "workers">;
  readonly clientId: string;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly broker: Broker;
  readonly code: string;
  readonly books: Books;
  readonly lanes: Lanes;
  readonly shelfName: string;
  readonly agentTimeoutMs: number;
  readonly leaseMs: number;
  readonly resultTtlMs: number;
  /** One of the parts has nothing to do any more. */
  readonly onRest: () => void;
  /** For so long no agent has served the code that what is open must be given up. */
  readonly onNoAgent: (agents: readonly KnownAgent[]) => void;
}

/** Makes the parts of a way, which know each other by what they tell. Nothing is sent before the first of them is woken. */
export function openWay(options: WayOptions): Way {
  const { broker, code, sealer, clock, books, lanes, shelfName, agentTimeoutMs, resultTtlMs, onRest } = options;
  const { workers } = options.settings;
  const shelf = new Shelf(broker, shelfName, resultTtlMs, clock);
  const runShelf = new Shelf(broker, RUN_SHELF, resultTtlMs, clock, true);
  const pursuit = new Pursuit(broker, sealer, (id) => {
    sender.release(id);
    onRest();
  });
  const acknowledger = new Acknowledger(broker, clock);
  books.useShelf(shelf);
  const outcomes = new Outcomes({
    ...options,
    shelf,
    runShelf,
    pursuit,
    acknowledger,
    onRoom: () => sender.pump(),
  });
  const sender = new Sender({
    ...options,
    outbox: books.outbox,
    window: books.window,
    shelf,
    runShelf,
    lanes: () => lanes.count,
    isPursued: (id) => pursuit.has(id),
    refusalLimitMs: agentTimeoutMs,
    onRefusing: (refusal) =>
      workers.connection?.(refusal === undefined, refusal === undefined ? undefined : new Error(refusal)),
    onRefused: (entry, refusal, ms) =>
      books.take(entry)?.reject(refusedByServerError(refusal, ms, entry.losses > 0), "worker"),
    onSent: (entry) => {
      outcomes.sent(entry);
      if (entry.isKept) sweeper.ask(entry);
      // It may have been given up while it was written: the sweep had nothing to do then, and rests.
      if (pursuit.size > 0) sweeper.wake();
    },
  });
  const sweeper = new Sweeper({
    ...options,
    pursuit,
    entries: () => books.all,
    onState: (entry, state) => outcomes.found(entry, state),
    isWanted: () => books.size > 0 || pursuit.size > 0,
    onRound: onRest,
  });
  return { broker, code, sender, shelf, pursuit, sweeper, acknowledger, outcomes };
}
