import type { EventStream } from "../observers/event_stream.ts";
import { LinePrinter } from "@corral/multiprocessing/progress/parts";
import { withPlacesInPrints } from "../runner/inline_text.ts";
import type { Piece } from "../runner/protocol.ts";
import type { BlockPlace } from "./block_report.ts";

/** The workers of all agents, numbered as they are first heard of: what shows a run knows slots alone. */
export class Slots {
  readonly #events: EventStream;
  readonly #slots = new Map<string, number>();
  readonly #pids = new Map<number, number>();

  constructor(events: EventStream) {
    this.#events = events;
  }

  /** The slot of an agent's worker. */
  slotOf({ agent, pid }: BlockPlace, workerId: number): number {
    const key = `${agent} ${workerId}`;
    let slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, slot = this.#slots.size);
    if (this.#pids.get(slot) !== pid) {
      this.#pids.set(slot, pid);
      this.#events.emit({ type: "worker", at: Date.now(), slot, pid, state: "ready" });
    }
    return slot;
  }

  /** The process that was last heard of in a slot; a number of the agent's machine. */
  pidOf(slot: number): number {
    return this.#pids.get(slot) ?? 0;
  }

  /** Prints what a block printed, in whole lines. */
  print(place: BlockPlace, piece: Piece | null, bytes: Uint8Array): void {
    const slot = piece === null ? undefined : this.slotOf(place, piece[0]);
    const decoder = new TextDecoder();
    const printer = new LinePrinter((lines) => {
      const text = withPlacesInPrints(decoder.decode(lines, { stream: true }));
      this.#events.emit({ type: "print", at: Date.now(), ...(slot !== undefined && { slot }), text });
    });
    printer.print(bytes);
    printer.flush();
  }
}
