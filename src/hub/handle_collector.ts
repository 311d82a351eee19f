import type { HandleCodec } from "../wire/codec/codec.ts";
import { describeHandle, type Handle, REF } from "./handle.ts";
import { notSendable } from "../wire/unsendable.ts";
import { abandonHandles, InFlightHandle } from "./in_flight_handle.ts";

/** Describes a handle that user code sends. Throws EncodingError for one that it has closed. */
export function describeOpenHandle(value: object): unknown {
  const data = describeHandle(value);
  if (data !== undefined && !(value as Handle)[REF].canTravel) {
    throw notSendable(`a ${data.type}`, "it was closed here, send it before you close it");
  }
  return data;
}

/** Has `send` encode a value and send it, and then `exportHandle` lets its receiver use the handles in it. When `send` throws, nothing was sent. */
export function exportingHandles<R>(send: (handles: HandleCodec) => R, exportHandle: (handle: Handle) => void): R {
  const collector = new HandleCollector();
  try {
    const result = send(collector);
    for (const handle of collector.handles) exportHandle(handle);
    return result;
  } catch (error) {
    collector.abandon();
    throw error;
  }
}

const NONE: readonly InFlightHandle[] = [];

/** Encodes the handles of a message that leaves later, and keeps them: each must be exported when it leaves. */
export class HandleCollector implements HandleCodec {
  readonly #describe: HandleCodec["encode"];
  #handles: InFlightHandle[] | undefined;

  /** @param describe How a handle is written. @default as code of this process sends it */
  constructor(describe: HandleCodec["encode"] = describeOpenHandle) {
    this.#describe = describe;
  }

  /** What was encoded. */
  get handles(): readonly InFlightHandle[] {
    return this.#handles ?? NONE;
  }

  encode(value: object): unknown {
    const data = this.#describe(value);
    if (data !== undefined) (this.#handles ??= []).push(new InFlightHandle(value as Handle));
    return data;
  }

  undo(count: number): void {
    abandonHandles(this.#handles!.splice(-count));
  }

  /** The message is refused: what was encoded does not leave. */
  abandon(): void {
    abandonHandles(this.handles);
    this.#handles = undefined;
  }

  decode(): never {
    throw new TypeError("Nothing is decoded here");
  }
}
