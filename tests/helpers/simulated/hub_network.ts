/** Hubs that are joined in memory: each frame is delivered when the test says so. */
import type { Queue } from "../../../mod.ts";
import { QueueObject } from "../../../src/channels/queue_object.ts";
import "../../../src/handles.ts";
import type { Handle } from "../../../src/hub/handle.ts";
import { handleFactory } from "../../../src/hub/handle.ts";
import { Hub } from "../../../src/hub/hub.ts";
import { PEER_LIMITS, type PeerLimits } from "../../../src/hub/limits.ts";
import type { Transport } from "../../../src/hub/requests/outbox.ts";
import { PeerLink } from "../../../src/hub/peer_link.ts";
import type { SharedObject } from "../../../src/hub/shared_object.ts";
import { decode, encode } from "../../../src/wire/codec/codec.ts";

interface Frame {
  readonly text: string;
  readonly parts: readonly Uint8Array[];
}

function bytesOf({ text, parts }: Frame): number {
  return text.length + parts.reduce((sum, part) => sum + part.byteLength, 0);
}

let lastKey = 0;

/** One way over a link: what was written, and not read. */
export class Direction implements Transport {
  readonly #frames: Frame[] = [];
  readonly #receiver: () => PeerLink;

  readonly #onDelivered: () => void;

  /** @param onDelivered Is told that a frame has left the pipe. */
  constructor(receiver: () => PeerLink, onDelivered: () => void) {
    this.#receiver = receiver;
    this.#onDelivered = onDelivered;
  }

  get size(): number {
    return this.#frames.length;
  }

  /** What was written, parsed. */
  get messages(): unknown[][] {
    return this.#frames.map(({ text }) => JSON.parse(text));
  }

  /** Bytes that were written, and that were delivered: the others wait in the pipe. */
  appendedBytes = 0;
  writtenBytes = 0;

  append(text: string, parts: readonly Uint8Array[] = []): void {
    this.#frames.push({ text, parts: parts.map((part) => part.slice()) });
    this.appendedBytes += bytesOf({ text, parts });
  }

  flush(): void {}

  /** Delivers the first frame. Returns whether there was one. */
  deliver(): boolean {
    const frame = this.#frames.shift();
    if (frame === undefined) return false;
    this.writtenBytes += bytesOf(frame);
    this.#onDelivered();
    this.#receiver().receive(JSON.parse(frame.text), [...frame.parts], bytesOf(frame));
    this.#receiver().readEnd();
    return true;
  }

  clear(): void {
    this.#frames.length = 0;
  }
}

/** What is served in one turn depends on no clock. */
const UNHURRIED: PeerLimits = { ...PEER_LIMITS, sliceMs: Infinity };

/** A child process of a hub's process, as far as hubs are concerned. */
export class HubChild {
  readonly key = `test-${++lastKey}`;
  readonly hub: Hub;
  readonly toChild: Direction = new Direction(() => this.childLink, () => this.parentLink.written());
  readonly toParent: Direction = new Direction(() => this.parentLink, () => this.childLink.written());
  /** The parent's end. */
  readonly parentLink: PeerLink;
  /** The child's end. */
  readonly childLink: PeerLink;
  #dead = false;

  /** @param clock The child's. */
  constructor(parent: Hub, clock?: () => number, limits: PeerLimits = UNHURRIED) {
    this.hub = new Hub(clock);
    this.parentLink = new PeerLink(parent, this.key, this.toChild, limits);
    this.childLink = new PeerLink(this.hub, "parent", this.toParent, { ...limits, isParent: true });
  }

  /** Sends a handle to the child, as an argument would bring it. */
  give<H extends Handle>(handle: H): H {
    return carry(handle, this.parentLink, this.childLink);
  }

  /** Sends a handle to the parent, as a result would bring it. */
  giveBack<H extends Handle>(handle: H): H {
    return carry(handle, this.childLink, this.parentLink);
  }

  /** Delivers one frame each way. Returns whether there was one. */
  step(): boolean {
    const down = !this.#dead && this.toChild.deliver();
    return this.toParent.deliver() || down;
  }

  /** The child dies. What it has written is read, as from a pipe; then the parent notices. */
  die(): void {
    this.#dead = true;
    this.toChild.clear();
    while (this.toParent.deliver());
    this.parentLink.close();
  }
}

function carry<V>(value: V, from: PeerLink, to: PeerLink): V {
  const { text, tagged, parts } = from.exportSent((handles) => encode(value, handles));
  return decode(JSON.parse(text), tagged, parts, to.handles) as V;
}

/** Lets promises go on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Delivers everything between these children and their parents, until all is quiet. */
export async function quiesce(...children: HubChild[]): Promise<void> {
  do await turn(); while (children.map((child) => child.step()).includes(true));
}

/** An object of a hub, as its handle. */
export function makeHandle<H>(hub: Hub, type: string, object: SharedObject): H {
  return handleFactory(type)!(hub.own(type, object)) as H;
}

/** A queue of a hub. */
export function queueIn(hub: Hub, maxSize = 0): Queue<unknown> {
  return makeHandle(hub, "Queue", new QueueObject(maxSize));
}

/** An object whose answers are large, and that counts how often it was asked. */
export function largeIn(hub: Hub, size: number): { handle: Queue<unknown>; calls: string[] } {
  const calls: string[] = [];
  const object: SharedObject = {
    operations: {
      put: (_caller, _wait, item) => void calls.push(String(item)),
      qsize: () => {
        calls.push("qsize");
        return "x".repeat(size);
      },
    },
  };
  return { handle: makeHandle(hub, "Queue", object), calls };
}
