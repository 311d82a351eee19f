import type { PeerLink } from "../hub/peer_link.ts";
import type { Transport } from "../hub/requests/outbox.ts";
import { monotonicMs, nextTurn } from "../timer.ts";
import { Channel } from "../wire/channel.ts";
import type { FrameHandler } from "../wire/framing/frame_decoder.ts";
import { STANDBY } from "../wire/messages/to_parent.ts";
import type { OtherWriters } from "./streams/block_writer.ts";
import { ParentShare } from "./parent_share.ts";
import { Standby } from "./standby.ts";
import type { ProtocolStreams } from "./streams/stdio.ts";

/** How long the event loop may stand still between messages that come at once. The parent wakes a process on standby after as long a silence. */
const TURN_MS = 1;
const NO_TURN = Promise.resolve();

/** What a link to the parent is made of. */
export interface ParentLinkOptions {
  readonly streams: ProtocolStreams;
  /** Joins the parent to the hub. Called once, when something is shared. */
  readonly join: (transport: Transport) => PeerLink;
  /** Takes what the parent sends. */
  readonly onFrame: FrameHandler;
  /** Whether nothing that is known here goes on before the parent has sent something. */
  readonly needsParentOnly: () => boolean;
  /** The clock that tells quick answers from others, in milliseconds. */
  readonly now?: () => number;
}

/** This process's end of what lies between it and its parent: a channel of frames, and what is shared over it. */
export class ParentLink {
  readonly standby: Standby = new Standby();
  /** What is shared with the parent. */
  readonly shared: ParentShare;
  readonly #streams: ProtocolStreams;
  readonly #needsParentOnly: () => boolean;
  readonly #now: () => number;
  readonly #channel: Channel;
  /** What is read into on standby. */
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  readonly #readOnStandby = (): Uint8Array<ArrayBuffer> | null | Promise<Uint8Array<ArrayBuffer> | null> => {
    if (!this.standby.on || !this.#needsParentOnly()) return this.#readAwake(this.#buffer!);
    // What the parent must know or answer may not lie here.
    this.#flushQuietly();
    return this.#streams.readSync(this.#buffer!);
  };
  #sentAt = -Infinity;
  #turnedAt = -Infinity;
  #outlivesParent = false;

  /** Nothing is read before `run()`. */
  constructor({ streams, join, onFrame, needsParentOnly, now = monotonicMs }: ParentLinkOptions) {
    this.#streams = streams;
    this.#needsParentOnly = needsParentOnly;
    this.#now = now;
    this.#channel = new Channel({
      read: (buffer) => this.#read(buffer),
      write: (bytes) => this.#write(bytes),
      onFrame,
      onWritten: () => this.shared.written(),
      // What arrives is as large as the program allows. What leaves is limited by the hello.
      trusted: true,
    });
    const channel = this.#channel;
    const transport: Transport = {
      append: (text, parts) => this.#append(text, parts),
      flush: () => this.#flushQuietly(),
      get appendedBytes() {
        return channel.appendedBytes;
      },
      get writtenBytes() {
        return channel.writtenBytes;
      },
    };
    this.shared = new ParentShare(transport, join);
  }

  /** Sends one message now. Throws PayloadTooLargeError, and then nothing was sent. */
  send(text: string, parts?: readonly Uint8Array[]): void {
    this.shared.sendRelease();
    this.#append(text, parts);
    this.#channel.flush();
  }

  /** Reads until the parent closes the stream or is gone. Rejects with what `onFrame` threw, or a read error. */
  run(): Promise<void> {
    return this.#channel.run();
  }

  /** Sets another limit for the frames that are sent from now on. */
  limitFrames(maxFrameBytes: number): void {
    this.#channel.limitOutgoing(maxFrameBytes);
  }

  /** Says by what the parent knows messages. Nothing can be sent before. */
  mark(blockSecret: string): void {
    this.#streams.mark(blockSecret);
  }

  /** Shares stdout with user code that is about to write there by itself. */
  shareOutput(others: OtherWriters): void {
    this.#streams.share(others);
  }

  /** Says whether the process lives on for what its parent may still send. Returns whether that can be had. */
  setReferenced(referenced: boolean): boolean {
    return this.#streams.setReferenced(referenced);
  }

  /** From now on, what cannot be sent because the parent is gone is dropped. */
  outliveParent(): void {
    this.#outlivesParent = true;
  }

  #append(text: string, parts?: readonly Uint8Array[]): void {
    if (this.standby.enter()) this.#channel.append(STANDBY);
    this.#channel.append(text, parts);
  }

  // No async function on the way of a short call: see `WorkerOutput.read()`.
  #read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#channel.inFrame && this.#needsParentOnly()) return this.#readRest(buffer);
    if (!this.standby.on) return this.#readAwake(buffer);
    this.#buffer = buffer;
    // Without a turn, too, what waits in a microtask gets to where it can leave.
    const turned = this.#now() - this.#turnedAt < TURN_MS ? NO_TURN : this.#turn();
    return turned.then(this.#readOnStandby);
  }

  /** The rest of a frame is on its way, and each turn of the event loop between two reads costs more than a read. */
  async #readRest(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    return await this.#streams.readSync(buffer);
  }

  async #readAwake(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = await this.#streams.read(buffer);
    if (this.#needsParentOnly()) this.standby.heard(this.#now() - this.#sentAt);
    return bytes;
  }

  /** Lets timers and sockets of this process have their turn. That costs more than all else that a short call does. */
  async #turn(): Promise<void> {
    await nextTurn();
    this.#turnedAt = this.#now();
  }

  #write(bytes: Uint8Array): undefined {
    try {
      this.#streams.write(bytes);
      this.#sentAt = this.#now();
    } catch (error) {
      if (!this.#outlivesParent) throw error;
    }
  }

  #flushQuietly(): void {
    try {
      this.#channel.flush();
    } catch {
      // The parent is gone. Reading ends too, and says so.
    }
  }
}
