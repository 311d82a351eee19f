import { exportingHandles } from "../hub/handle_collector.ts";
import type { PeerLink } from "../hub/peer_link.ts";
import type { Transport } from "../hub/requests/outbox.ts";
import type { HandleCodec } from "../wire/codec/codec.ts";
import { type HubMessage, isHubKind } from "../wire/messages/hub_messages.ts";

/**
 * What this process and its parent share.
 *
 * Most processes share nothing, and start sooner without the hub: the parent joins it when the first handle arrives or leaves, and at the latest
 * when code of this process asks for the hub.
 */
export class ParentShare {
  /** Decodes the handles that the parent sends. They are sent by {@linkcode ParentShare.exportSent}. */
  readonly handles: HandleCodec = {
    encode: () => {
      throw new TypeError("Nothing is encoded here");
    },
    decode: (data) => this.join().handles.decode(data),
  };
  readonly #transport: Transport;
  readonly #makeLink: (transport: Transport) => PeerLink;
  readonly #export: Parameters<typeof exportingHandles>[1] = (handle) => this.join().export(handle);
  #link: PeerLink | undefined;
  #waitsChanged: (() => void) | undefined;
  #isClosed = false;

  /** @param makeLink Joins the parent to the hub. Called once, when it is needed. */
  constructor(transport: Transport, makeLink: (transport: Transport) => PeerLink) {
    this.#transport = transport;
    this.#makeLink = makeLink;
  }

  /** Joins the parent to the hub, if that was not done. */
  join(): PeerLink {
    if (this.#link === undefined) {
      this.#link = this.#makeLink(this.#transport);
      if (this.#waitsChanged !== undefined) this.#link.questions.waits.watch(this.#waitsChanged);
      if (this.#isClosed) this.#link.close();
    }
    return this.#link;
  }

  /** Has `send` encode a value and send it: then the parent may use the handles in it. When `send` throws, it was sent nothing. */
  exportSent<R>(send: (handles: HandleCodec) => R): R {
    return exportingHandles(send, this.#export);
  }

  /** Takes in a message of the parent, which had so many bytes, if it is the hub's. */
  receive(message: readonly unknown[], parts: Uint8Array[], bytes: number): message is HubMessage {
    return isHubKind(message[0]) && this.join().receive(message, parts, bytes);
  }

  /** Bytes have left for the parent. */
  written(): void {
    this.#link?.written();
  }

  /** Tells the parent what was released, before anything else. */
  sendRelease(): void {
    this.#link?.deferredRelease.send();
  }

  /** Whether code of this process waits for an answer. */
  get waits(): boolean {
    return this.#link?.questions.waits.any ?? false;
  }

  /** Calls `changed` whenever `waits` has changed. */
  watchWaits(changed: () => void): void {
    this.#waitsChanged = changed;
    this.#link?.questions.waits.watch(changed);
  }

  /** Whether this process has another peer than the parent. */
  get hasOtherPeers(): boolean {
    return this.#link?.hasOtherPeers ?? false;
  }

  /** Whether something that the parent has asked for waits for its turn of the event loop. */
  get servesLater(): boolean {
    return this.#link?.servesLater ?? false;
  }

  /** How much the parent was served so far: for how long, and in how many bytes both ways. */
  get served(): { ms: number; bytes: number } {
    return this.#link?.served ?? { ms: 0, bytes: this.#transport.appendedBytes };
  }

  /** The parent is gone. */
  close(): void {
    this.#isClosed = true;
    this.#link?.close();
  }
}
