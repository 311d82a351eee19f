/** A child's end of the protocol without a process: what it wrote can be looked at, and the test plays the parent. */
import { OutputRouter } from "../../../src/child/streams/output_router.ts";
import { ParentLink, type ParentLinkOptions } from "../../../src/child/parent_link.ts";
import type { LoadedModule } from "../../../src/child/tasks/functions.ts";
import type { Surroundings } from "../../../src/child/life.ts";
import type { ProtocolStreams } from "../../../src/child/streams/stdio.ts";
import { Hub } from "../../../src/hub/hub.ts";
import { PARENT_LIMITS } from "../../../src/hub/limits.ts";
import { PeerLink } from "../../../src/hub/peer_link.ts";
import type { WorkerSettings } from "../../../src/wire/protocol.ts";
import { FrameBuffer } from "../../../src/wire/framing/frame_buffer.ts";
import { FrameDecoder } from "../../../src/wire/framing/frame_decoder.ts";

/** What arrives, in order, for the one who takes it. */
export class Mailbox<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T) => void)[] = [];

  push(item: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  /** The next item, when it is there. */
  next(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift()!);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** All items that nobody has taken. */
  all(): T[] {
    return this.#items.splice(0);
  }
}

/** Standard streams in memory. */
export class MemoryStreams implements ProtocolStreams {
  /** The messages that were written, parsed. */
  readonly written: Mailbox<unknown[]> = new Mailbox();
  /** How often the child stopped its event loop to read. */
  blockingReads = 0;
  /** Set, writing fails with it: the parent is gone. */
  broken: Error | undefined;
  readonly #decoder = new FrameDecoder((text) => this.written.push(JSON.parse(text)));
  readonly #incoming = new Mailbox<Uint8Array | null>();
  readonly #blocking: (Uint8Array | null)[] = [];

  /** Sends a frame to the child. With `blocking`, for its next blocking read. */
  receive(text: string, { blocking = false }: { blocking?: boolean } = {}): void {
    const frame = new FrameBuffer();
    frame.append(text);
    for (const chunk of frame.take()) (blocking ? this.#blocking : this.#incoming).push(chunk.slice());
  }

  /** The parent closes the stream. */
  end(): void {
    this.#incoming.push(null);
  }

  async read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    return filled(buffer, await this.#incoming.next());
  }

  readSync(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
    this.blockingReads++;
    return filled(buffer, this.#blocking.shift() ?? null);
  }

  mark(): void {}
  share(): void {}
  setReferenced(): boolean {
    return true;
  }

  write(bytes: Uint8Array): void {
    if (this.broken !== undefined) throw this.broken;
    this.#decoder.push(bytes);
  }
}

function filled(buffer: Uint8Array<ArrayBuffer>, bytes: Uint8Array | null): Uint8Array<ArrayBuffer> | null {
  if (bytes === null) return null;
  buffer.set(bytes);
  return buffer.subarray(0, bytes.length);
}

/** Everything that a life works with, in memory. */
export class MemoryParent {
  readonly streams: MemoryStreams = new MemoryStreams();
  readonly hub: Hub = new Hub();
  /** The exit codes with which the process would have ended. */
  readonly exits: (number | undefined)[] = [];
  /** How often an idle process began to be watched. */
  idlenessWatches = 0;
  readonly link: ParentLink;
  readonly surroundings: Surroundings;

  constructor(load?: () => Promise<LoadedModule>, options: Partial<ParentLinkOptions> = {}) {
    const { streams, hub } = this;
    const join: ParentLinkOptions["join"] = (transport) => new PeerLink(hub, "parent", transport, PARENT_LIMITS);
    this.link = new ParentLink({ streams, join, onFrame: () => {}, needsParentOnly: () => false, ...options });
    this.surroundings = {
      parent: this.link,
      output: new OutputRouter({
        send: (text, parts) => this.link.send(text, parts),
        writeStderr: (bytes) => bytes.length,
        currentTask: () => 0,
      }),
      load,
      exit: (code?: number) => void this.exits.push(code) as never,
      watches: { descriptors: () => {}, uncaught: () => {}, idleness: () => void this.idlenessWatches++ },
    };
  }
}

/** What a pool tells each of its workers. */
export const SETTINGS: WorkerSettings = {
  workerId: 0,
  concurrency: 1,
  maxFrameBytes: 1024 * 1024,
  memoryLimitMiB: null,
  memoryMarker: "",
  blockSecret: "",
  colored: { 1: false, 2: false },
  initializer: null,
  // It takes no signals of the process that the tests run in.
  mayRun: true,
};
