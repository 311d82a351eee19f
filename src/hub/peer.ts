import type { DeferredRelease } from "./deferred_release.ts";
import type { Handle } from "./handle.ts";
import type { ImportCount } from "./limits.ts";
import type { Questions } from "./requests/questions.ts";
import type { SharedObject } from "./shared_object.ts";

/**
 * A process next to this one, as the hub sees it.
 *
 * What the two share is in four tables, which are those of Cap'n Proto's RPC (see "The Four Tables" in rpc.capnp): exports
 * (what this process has let the peer use), imports (what the peer has let this process use), questions (what this process has asked
 * and awaits), answers (what the peer has asked and awaits). Each side's exports are the other's imports, and its questions the other's answers.
 */
export interface Peer {
  /** Names the peer among those of this process. */
  readonly key: string;
  /** Notes that the peer was sent a handle. It keeps the handle alive here. Returns whether it is the first time. */
  addExport(id: string, handle: Handle): boolean;
  /** The handle that the peer was sent, if it was. */
  exported(id: string): Handle | undefined;
  /** How much of the peer's this process keeps in mind. */
  readonly imports: ImportCount;
  /** Tells the peer that this process has no handle left of those, `count` in number, that the peer sent for an object. */
  release(id: string, count: number, closed: boolean): void;
  /** Notes that an object of this process has to know when the peer ends. */
  touch(id: string, object: SharedObject): void;
  /** Tells those objects that processes have ended. */
  tellObjects(isEnded: (process: string) => boolean): void;
  /** To whom requests of this peer were forwarded. */
  readonly forwardedTo: Set<Peer>;
  /** Tells the peer that a process on this side has ended. */
  tellEnded(path: string): void;
  /** What this process asks of the peer, or of those behind it. */
  readonly questions: Questions;
  /** What this process has released, and the peer, or one behind it, does not know yet. */
  readonly deferredRelease: DeferredRelease;
}
