import { brand } from "../copies.ts";
import { decode, encode, type Encoded } from "../wire/codec/codec.ts";
import { isPlainPrimitive } from "../wire/codec/plain.ts";
import { describeHandle, type Handle, type HandleData } from "./handle.ts";
import { describeOpenHandle, Ticket } from "./ticket.ts";

const BYTES_TEXT = '{"$":"binary","k":"Uint8Array","p":0}';

/**
 * A value that was accepted and waits for its receiver, in the form in which it leaves: what its sender does with the
 * original meanwhile changes nothing, and it is encoded once.
 */
export class Parcel implements Encoded {
  readonly text: string;
  readonly tagged: boolean;
  readonly parts: readonly Uint8Array[];
  /** The handles inside. They hold their objects until the parcel was delivered. */
  readonly tickets: readonly Ticket[];

  private constructor({ text, tagged, parts }: Encoded, tickets: readonly Ticket[]) {
    this.text = text;
    this.tagged = tagged;
    this.parts = parts;
    this.tickets = tickets;
  }

  /**
   * Packs a value, unless it is one that cannot change.
   *
   * @param isOurs Whether it came from this process, whose code may go on changing it; or off a wire.
   * @throws {EncodingError} If the value cannot travel.
   */
  static pack(value: unknown, isOurs: boolean): unknown {
    if (value === null) return null;
    if (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol") return value;
    const tickets: Ticket[] = [];
    const describe = isOurs ? describeOpenHandle : describeHandle;
    const encoded = encode(value, {
      encode(object) {
        const data = describe(object);
        if (data !== undefined) tickets.push(new Ticket(object as Handle));
        return data;
      },
      decode: unexpected,
    });
    if (!isOurs || encoded.parts.length === 0) return new Parcel(encoded, tickets);
    return new Parcel({ ...encoded, parts: encoded.parts.map((part) => part.slice()) }, tickets);
  }

  /** The value, for this process. What is no parcel is its own value. */
  static unpack(packed: unknown): unknown {
    return packed instanceof Parcel ? packed.open() : packed;
  }

  /** The JSON text of a packed value, if it is plain data. */
  static plainText(packed: unknown): string | undefined {
    if (packed instanceof Parcel) return packed.tagged ? undefined : packed.text;
    return isPlainPrimitive(packed) ? JSON.stringify(packed) : undefined;
  }

  /** A list of plain data. */
  static list(plainTexts: readonly string[]): Parcel {
    return new Parcel({ text: `[${plainTexts.join(",")}]`, tagged: false, parts: [] }, []);
  }

  /** The bytes, if the value is a Uint8Array. */
  get bytes(): Uint8Array | undefined {
    return this.text === BYTES_TEXT ? this.parts[0] : undefined;
  }

  /** Its receiver is gone: it waits for another. */
  takeBack(): void {
    for (const ticket of this.tickets) ticket.renew();
  }

  /** The value, for this process. */
  open(): unknown {
    const body: unknown = JSON.parse(this.text);
    if (!this.tagged) return body;
    return decode(body, true, this.parts, {
      encode: unexpected,
      decode: (data) =>
        this.tickets.find(({ handle }) => describeHandle(handle)!.id === (data as HandleData).id)!.open(),
    });
  }
}

brand({ Parcel });

function unexpected(): never {
  throw new TypeError("A parcel is packed once, and opened once");
}
