import type { Socket } from "node:net";
import { type Clock, OwnedClock, pause } from "../../clock.ts";

const LOOK_MS = 5000;
/** So many looks without a word: BullMQ has none of its questions wait for longer than ten seconds. */
const SILENT_LOOKS = 3;
const PROBE_LIMIT_MS = 5000;
/** What was silent with the whole server may speak a moment after the probe. */
const GRACE_MS = 1000;

/** A connection, as far as it is looked at. */
export interface Watched {
  /** The socket that it has now. */
  readonly stream: Socket | undefined;
  /** What waits for an answer. */
  readonly commandQueue: { readonly length: number };
}

/** A server that is asked whether it answers at all: by a connection that has not connected yet, and what to send. */
export type Probe = () => { readonly socket: Socket; readonly ready: string; readonly question: string };

/**
 * Finds connections that are dead without a word: a firewall that has forgotten them, an address that has moved. The system would send on them
 * for a quarter of an hour before it gives up, and everything would wait.
 *
 * One that was silent for long while it owes an answer is compared with a new connection: only where that one is answered, the old one is ended, and
 * made again. A server that stands still answers neither, and its connections stay.
 */
export class DeadSockets {
  readonly #clock: OwnedClock;
  readonly #connections: () => Iterable<Watched>;
  readonly #probe: Probe;
  readonly #silent = new Map<Socket, { bytes: number; looks: number }>();
  readonly #probing = new Set<Socket>();

  constructor(clock: Clock, connections: () => Iterable<Watched>, probe: Probe) {
    this.#clock = new OwnedClock(clock);
    this.#connections = connections;
    this.#probe = probe;
    this.#lookLater();
  }

  /** Looks no more. */
  stop(): void {
    this.#clock.stop();
    for (const socket of this.#probing) socket.destroy();
  }

  #lookLater(): void {
    this.#clock.after(LOOK_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const suspects = this.#suspects();
    if (suspects.length > 0 && await this.#answers()) {
      await pause(this.#clock, GRACE_MS);
      for (const [socket, bytes] of suspects) {
        if (socket.bytesRead === bytes) {
          socket.destroy(new Error("the connection was dead, the server answers on a new one"));
        }
      }
    }
    this.#lookLater();
  }

  #suspects(): (readonly [Socket, bytes: number])[] {
    const before = new Map(this.#silent);
    this.#silent.clear();
    for (const { stream, commandQueue } of this.#connections()) {
      if (stream === undefined || stream.destroyed || commandQueue.length === 0) continue;
      const last = before.get(stream);
      const looks = last?.bytes === stream.bytesRead ? last.looks + 1 : 0;
      this.#silent.set(stream, { bytes: stream.bytesRead, looks });
    }
    return [...this.#silent].flatMap(([socket, { bytes, looks }]) =>
      looks >= SILENT_LOOKS ? [[socket, bytes] as const] : []
    );
  }

  async #answers(): Promise<boolean> {
    const { socket, ready, question } = this.#probe();
    this.#probing.add(socket);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const limit = this.#clock.after(PROBE_LIMIT_MS, () => resolve(false));
    socket.on("error", () => {});
    socket.once(ready, () => socket.write(question));
    // Also an error is an answer.
    socket.once("data", () => resolve(true));
    socket.once("close", () => resolve(false));
    const answers = await promise;
    limit.cancel();
    socket.destroy();
    this.#probing.delete(socket);
    return answers;
  }
}
