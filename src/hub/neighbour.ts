import type { Handle } from "./handle.ts";
import type { PendingRequests } from "./pending_requests.ts";
import type { ReturnedTurns } from "./returned_turns.ts";
import type { SharedObject } from "./shared_object.ts";

/** A process next to this one, as the hub sees it. */
export interface Neighbour {
  /** Names the neighbour among those of this process. */
  readonly key: string;
  /** Notes that the neighbour was sent a handle. It keeps the handle alive here. Returns whether it is the first. */
  grant(id: string, handle: Handle): boolean;
  /** The handle that the neighbour was sent, if it was. */
  granted(id: string): Handle | undefined;
  /** Counts how often the neighbour sent a handle, so that the grant can be given back whole. */
  countReceived(id: string): void;
  /** Gives the neighbour's grant of an object back. */
  release(id: string, closed: boolean): void;
  /** Notes that an object of this process has to know when the neighbour ends. */
  touch(id: string, object: SharedObject): void;
  /** Tells those objects that processes have ended. */
  tellObjects(isEnded: (process: string) => boolean): void;
  /** Notes to whom requests of this neighbour were passed on. */
  readonly passedOnTo: Set<Neighbour>;
  /** Tells the neighbour that a process on this side has ended. */
  tellEnded(path: string): void;
  /** What this process asks of the neighbour, or of those behind it. */
  readonly requests: PendingRequests;
  /** What this process has given back to the neighbour, or to one behind it. */
  readonly turns: ReturnedTurns;
}
