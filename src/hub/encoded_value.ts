import { brand } from "../copies.ts";
import { decode, encode, type Encoded, type HandleCodec, withOwnMemory } from "../wire/codec/codec.ts";
import { ItemsEncoder } from "../wire/codec/items_encoder.ts";
import { isPlainPrimitive } from "../wire/codec/plain.ts";
import { textBytes } from "../wire/heap.ts";
import { describeHandle, type HandleData } from "./handle.ts";
import { describeOpenHandle, HandleCollector } from "./handle_collector.ts";
import { abandonHandles, type InFlightHandle } from "./in_flight_handle.ts";

// What an entry costs beside its content, in a queue, as it was measured: a primitive, a value that is encoded, and bytes in it.
const [SMALL_BYTES, ENCODED_BYTES, PART_BYTES] = [96, 160, 384];
const BYTES_TEXT = '{"$":"binary","k":"Uint8Array","p":0}';

/**
 * A value that was accepted and waits for its receiver, in the form in which it leaves: what its sender does with the
 * original meanwhile changes nothing, and it is encoded once.
 */
export class EncodedValue implements Encoded {
  readonly text: string;
  readonly tagged: boolean;
  readonly parts: readonly Uint8Array[];
  /** The handles inside. They hold their objects until the value has left. */
  readonly handles: readonly InFlightHandle[];

  private constructor({ text, tagged, parts }: Encoded, handles: readonly InFlightHandle[]) {
    this.text = text;
    this.tagged = tagged;
    this.parts = parts;
    this.handles = handles;
  }

  /**
   * Encodes a value, unless it is one that cannot change: that is returned as it is.
   *
   * @param isOurs Whether it came from this process, whose code may go on changing it; or off a wire.
   * @throws {EncodingError} If the value cannot travel.
   */
  static capture(value: unknown, isOurs: boolean): unknown {
    if (value === null) return null;
    if (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol") return value;
    return EncodedValue.encode(value, isOurs ? describeOpenHandle : describeHandle);
  }

  /** Encodes a value of any kind; by `describeOpenHandle` one of this process, whose code may go on changing its bytes. */
  static encode(value: unknown, describe: HandleCodec["encode"]): EncodedValue {
    const collector = new HandleCollector(describe);
    const encoded = encode(value, collector);
    if (describe !== describeOpenHandle || encoded.parts.length === 0) {
      return new EncodedValue(encoded, collector.handles);
    }
    return new EncodedValue({ ...encoded, parts: encoded.parts.map((part) => part.slice()) }, collector.handles);
  }

  /** Encodes a long list for another process, in steps. */
  static *encodeItems(items: readonly unknown[]): Generator<void, EncodedValue, void> {
    const collector = new HandleCollector(describeHandle);
    let isDone = false;
    try {
      const encoder = new ItemsEncoder(items, collector);
      while (encoder.encoded === undefined) {
        encoder.advance();
        yield;
      }
      isDone = true;
      return new EncodedValue(withOwnMemory(encoder.encoded), collector.handles);
    } finally {
      if (!isDone) collector.abandon();
    }
  }

  /** The value, for this process. What was not encoded is itself. */
  static open(captured: unknown): unknown {
    return captured instanceof EncodedValue ? captured.open() : captured;
  }

  /** Holds what is in a captured value until that is accepted, and no longer when it is not. */
  static offer<T>(captured: unknown, accepted: Promise<T>): Promise<T> {
    if (captured instanceof EncodedValue && captured.handles.length > 0) {
      accepted.catch(() => abandonHandles(captured.handles));
    }
    return accepted;
  }

  /** Nobody will get a captured value. */
  static abandon(captured: unknown): void {
    if (captured instanceof EncodedValue) abandonHandles(captured.handles);
  }

  /** The JSON text of a captured value, if it is plain data and no longer than that. */
  static plainText(captured: unknown, maxUnits: number): string | undefined {
    if (captured instanceof EncodedValue) {
      return captured.tagged || captured.text.length > maxUnits ? undefined : captured.text;
    }
    if (!isPlainPrimitive(captured) || (typeof captured === "string" && captured.length > maxUnits)) return undefined;
    const text = JSON.stringify(captured);
    return text.length > maxUnits ? undefined : text;
  }

  /** About how many bytes a captured value keeps. */
  static size(captured: unknown): number {
    if (!(captured instanceof EncodedValue)) {
      return SMALL_BYTES + (typeof captured === "string" ? textBytes(captured) : 0);
    }
    const { text, parts } = captured;
    return parts.reduce((sum, part) => sum + PART_BYTES + part.byteLength, ENCODED_BYTES + textBytes(text));
  }

  /** A list of plain data. */
  static list(plainTexts: readonly string[]): EncodedValue {
    return new EncodedValue({ text: `[${plainTexts.join(",")}]`, tagged: false, parts: [] }, []);
  }

  /** The bytes, if the value is a Uint8Array. */
  get bytes(): Uint8Array | undefined {
    return this.text === BYTES_TEXT ? this.parts[0] : undefined;
  }

  /** Its receiver is gone, or did not want it: it waits for another. */
  requeued(): void {
    for (const handle of this.handles) handle.requeued();
  }

  /** The value, for this process. */
  open(): unknown {
    const body: unknown = JSON.parse(this.text);
    if (!this.tagged) return body;
    return decode(body, true, this.parts, {
      encode: unexpected,
      decode: (data) =>
        this.handles.find(({ handle }) => describeHandle(handle)!.id === (data as HandleData).id)!.open(),
    });
  }
}

brand({ EncodedValue });

function unexpected(): never {
  throw new TypeError("A value that is opened is not encoded");
}
