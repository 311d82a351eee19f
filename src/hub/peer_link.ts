import type { HandleCodec } from "../wire/codec/codec.ts";
import { type HubMessage, readHubMessage, writeEnded, writeRelease } from "../wire/messages/hub_messages.ts";
import { Answers } from "./requests/answers.ts";
import type { DeferredRelease } from "./deferred_release.ts";
import { ExportTable } from "./export_table.ts";
import { describeHandle, type Handle, REF } from "./handle.ts";
import { exportingHandles } from "./handle_collector.ts";
import type { Hub } from "./hub.ts";
import { ImportCount, type PeerLimits } from "./limits.ts";
import { Outbox, type Transport } from "./requests/outbox.ts";
import type { Peer } from "./peer.ts";
import { Questions } from "./requests/questions.ts";
import { type SharedObject, TouchedObjects } from "./shared_object.ts";

/** A peer over a channel of messages: this process's end of what the two share. */
export class PeerLink implements Peer {
  readonly key: string;
  /** Decodes the handles in values that code of this process gets over this link. They are sent by {@linkcode PeerLink.exportSent}. */
  readonly handles: HandleCodec;
  readonly questions: Questions;
  readonly forwardedTo = new Set<Peer>();
  readonly imports: ImportCount;
  readonly #hub: Hub;
  readonly #outbox: Outbox;
  readonly #exports = new ExportTable();
  readonly #answers: Answers;
  readonly #touched = new TouchedObjects();

  /** Joins a peer to the hub. */
  constructor(hub: Hub, key: string, transport: Transport, limits: PeerLimits) {
    this.#hub = hub;
    this.key = key;
    this.imports = new ImportCount(limits.imports ?? Infinity);
    this.#outbox = new Outbox(transport, (handle) => hub.export(handle, this), hub.clock);
    this.handles = {
      encode: unexpected,
      decode: (data) => {
        const handle = hub.decodeHandle(data, this);
        return handle[REF].open(handle);
      },
    };
    // For values that only pass through, or are kept: their handles stay as they came.
    const transit: HandleCodec = { encode: describeHandle, decode: (data) => hub.decodeHandle(data, this) };
    this.questions = new Questions(this.#outbox, hub.waits, { own: this.handles, transit }, limits);
    this.#answers = new Answers(
      {
        key,
        exported: (id) => this.exported(id),
        knows: (handle, operation) => hub.knows(handle, operation),
        isCopy: (handle, operation) => hub.isCopy(handle, operation),
        serve: (handle, operation, args, caller, wait) => hub.serve(this, handle, operation, args, caller, wait),
      },
      this.#outbox,
      transit,
      limits,
    );
    hub.join(this);
  }

  /** Whether the peer waits for an answer of this process. */
  get isAsked(): boolean {
    return this.#answers.any;
  }

  /** Whether the hub has another peer than this one. */
  get hasOtherPeers(): boolean {
    return this.#hub.peerCount > 1;
  }

  /** How much the peer was served so far: for how long, with all that was done in steps, and in how many bytes both ways. */
  get served(): { ms: number; bytes: number } {
    const { ms, bytes } = this.#answers.served;
    return { ms: ms + this.#hub.calls.totalMs, bytes: bytes + this.#outbox.appendedBytes };
  }

  /** Whether something that the peer has asked for waits for its turn of the event loop. */
  get servesLater(): boolean {
    return this.#answers.servesLater || this.#hub.calls.isBusy;
  }

  get deferredRelease(): DeferredRelease {
    return this.#outbox.deferredRelease;
  }

  addExport(id: string, handle: Handle): boolean {
    return this.#exports.add(id, handle);
  }

  exported(id: string): Handle | undefined {
    return this.#exports.get(id);
  }

  /** Has `send` encode a value and send it: then the peer may use the handles in it. When `send` throws, it was sent nothing. */
  exportSent<R>(send: (handles: HandleCodec) => R): R {
    return exportingHandles(send, (handle) => this.export(handle));
  }

  /** Lets the peer use what a handle stands for that it was sent. */
  export(handle: Handle): void {
    this.#hub.export(handle, this);
  }

  /** What was sent last did not arrive: the peer has not counted these handles. */
  undoExports(handles: readonly Handle[]): void {
    for (const handle of handles) {
      const { id } = handle[REF];
      // A peer that has ended has none left.
      if (this.exported(id) !== undefined) this.#unexport(id, 1, false);
    }
  }

  release(id: string, count: number, closed: boolean): void {
    this.#outbox.tell(writeRelease(id, count, closed));
  }

  touch(id: string, object: SharedObject): void {
    this.#touched.add(id, object);
  }

  tellObjects(isEnded: (process: string) => boolean): void {
    this.#touched.tell(isEnded);
  }

  tellEnded(path: string): void {
    this.#outbox.tell(writeEnded(path));
  }

  /** Takes in a message of the peer, which had so many bytes, if it is the hub's. Throws ProtocolError for a hostile one. */
  receive(received: readonly unknown[], parts: Uint8Array[], bytes: number): boolean {
    const message = readHubMessage(received);
    if (message === undefined) return false;
    // Something may still be written to the pipe of a process that has ended, by a child of it.
    if (!this.#outbox.isClosed) this.#receive(message, parts, bytes);
    return true;
  }

  /** All that was read at once has been received. */
  readEnd(): void {
    this.#answers.readEnd();
  }

  /** Bytes have left for the peer. */
  written(): void {
    this.#answers.goOn();
  }

  /** The peer is gone: what was asked in either direction ends, and what it has not acknowledged goes back. */
  close(): void {
    if (this.#outbox.isClosed) return;
    this.#outbox.close();
    this.questions.close();
    // Before the answers: to an object, a wait that the end of the process ends is not a wait that was given up.
    this.#hub.linkClosed(this);
    this.#answers.close();
    // Last: what went back into a queue may hold what is released here.
    for (const handle of this.#exports.clear()) this.#hub.released(handle, true);
  }

  #receive(message: HubMessage, parts: Uint8Array[], bytes: number): void {
    switch (message[0]) {
      case "request":
        return this.#answers.receive(message, parts, bytes);
      case "response":
        return this.questions.settle(message, parts);
      case "done":
        for (let n = 1; n < message.length; n++) this.questions.settleDone(message[n] as number);
        return;
      case "cancel":
        return this.#answers.cancel(message[1]);
      case "ack":
        return this.#answers.ack(message[1]);
      case "requeue":
        return this.#answers.requeue(message[1]);
      case "release":
        return this.#unexport(message[1], message[2], message[3] === 1);
      case "ended":
        return this.#answers.ended(message[1], () => this.#hub.processEnded(this, message[1]));
    }
  }

  #unexport(id: string, count: number, ended: boolean): void {
    const handle = this.#exports.subtract(id, count);
    if (handle !== undefined) this.#hub.released(handle, ended);
  }
}

function unexpected(): never {
  throw new TypeError("Nothing is encoded here");
}
