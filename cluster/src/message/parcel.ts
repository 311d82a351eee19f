/**
 * Values on their way through the server: small ones travel inside the letter, large pieces lie in the store and the letter holds their
 * hash, so that the signature covers them too (the "claim check" pattern).
 *
 * Each large binary part is a piece of its own: one array that is passed to 5 000 tasks is stored once and fetched once per machine,
 * whatever else the calls are given. Many small parts are one piece together.
 */
import { Buffer } from "node:buffer";
import { isLinePart, toLinePart } from "../corral.ts";
import { bundle, bundledOf, unbundle } from "./bundle.ts";
import { sha256 } from "./letter.ts";

/** A value as the codec of corral writes it. */
export interface EncodedValue {
  /** The JSON text. */
  readonly text: string;
  /** Whether the text holds tags. */
  readonly tagged: boolean;
  /** The bytes of its binary values. */
  readonly parts: readonly Uint8Array[];
}

/** A piece that lies in the store: its sha256, and how many bytes it has. */
export type Claim = readonly [hash: string, byteLength: number];

/** An encoded value inside a letter. A string is the piece itself (bytes as base64), a pair is a claim. */
export interface Parcel {
  /** Whether the text holds tags: 1 or 0. */
  readonly t: 0 | 1;
  /** The text. */
  readonly x: string | Claim;
  /** Set when the first part is lines of JSON, not bytes of the user's. */
  readonly l?: 1;
  /** The bundle of its small parts, when they are many. */
  readonly s?: Claim;
  /** The parts that are in no bundle; left out when there are none. */
  readonly p?: readonly (string | Claim)[];
}

/** A piece that must be put into the store before the letter is sent. */
export interface Piece {
  /** Its sha256, in hex. */
  readonly hash: string;
  /** What it is. */
  readonly bytes: Uint8Array;
}

/** A packed value, and what of it goes to the store. */
export interface Packed {
  readonly parcel: Parcel;
  readonly pieces: readonly Piece[];
}

/** Orders above this size go through the store. Redis holds the data of a job twice: in the job, and in memory while scripts touch it. */
export const ORDER_INLINE_BYTES = 64 * 1024;
/** Outcomes above this size do: BullMQ writes each into the event stream as well, which keeps ten thousand of them. */
export const OUTCOME_INLINE_BYTES = 16 * 1024;
/** As much of that is for what a task has traced. */
export const TRACED_INLINE_BYTES = 4 * 1024;

/** Packs a value: what does not fit into `inlineBytes` becomes claims, the largest pieces first. */
export function pack(value: EncodedValue, inlineBytes: number): Packed {
  const total = value.text.length + value.parts.reduce((sum, part) => sum + base64Length(part), 0);
  const pieces: Piece[] = [];
  const claim = (bytes: Uint8Array): Claim => {
    const piece = pieceOf(bytes);
    pieces.push(piece);
    return claimOf(piece);
  };
  let inlineLeft = inlineBytes;
  const fits = (length: number): boolean => {
    if (total > inlineBytes && length > inlineLeft / 4) return false;
    inlineLeft -= length;
    return inlineLeft >= 0;
  };
  const x = fits(value.text.length) ? value.text : claim(Buffer.from(value.text));
  const bundled = total > inlineBytes ? bundledOf(value.parts) : undefined;
  const s = bundled !== undefined && { s: claim(bundle(value.parts, bundled)) };
  const alone = value.parts.filter((part) => bundled?.has(part) !== true);
  const p = alone.map((part) => fits(base64Length(part)) ? toBase64(part) : claim(part));
  const t = value.tagged ? 1 : 0;
  const [first] = value.parts;
  const lines = first !== undefined && isLinePart(first) && { l: 1 as const };
  return { parcel: { t, x, ...lines, ...s, ...(p.length > 0 && { p }) }, pieces };
}

/** What is put into the store. */
export function pieceOf(bytes: Uint8Array): Piece {
  return { hash: sha256(bytes), bytes };
}

/** How a letter names a piece. */
export function claimOf({ hash, bytes }: Piece): Claim {
  return [hash, bytes.byteLength];
}

/** How many bytes the largest piece of a value has, if all of them go to the store. */
export function largestPieceBytes({ text, parts }: EncodedValue): number {
  return parts.reduce((most, { byteLength }) => Math.max(most, byteLength), Buffer.byteLength(text));
}

/** The claims of a parcel that came in a letter. Throws TypeError when it is not a parcel. */
export function claimsOf(parcel: Parcel): Claim[] {
  const { t, x, s, p = [] } = (parcel ?? {}) as Parcel;
  const places = Array.isArray(p) ? [x, ...(s === undefined ? [] : [s]), ...p] : [];
  if (
    (t !== 0 && t !== 1) || places.length === 0 || (s !== undefined && !isClaim(s)) ||
    !places.every((place) => typeof place === "string" || isClaim(place))
  ) {
    throw new TypeError("a value is not what this library packs");
  }
  return places.filter(isClaim);
}

/** Unpacks a parcel, given the bytes of each claim. */
export function unpack(parcel: Parcel, fetched: ReadonlyMap<string, Uint8Array>): EncodedValue {
  const bytesOf = (place: string | Claim): Uint8Array =>
    typeof place === "string" ? ownBytes(Buffer.from(place, "base64")) : requirePiece(fetched, place[0]);
  const alone = (parcel.p ?? []).map(bytesOf);
  const parts = parcel.s === undefined ? alone : unbundle(requirePiece(fetched, parcel.s[0]), alone);
  if (parcel.l === 1) parts[0] = toLinePart(parts[0] as Uint8Array<ArrayBuffer>);
  return {
    tagged: parcel.t === 1,
    text: typeof parcel.x === "string" ? parcel.x : Buffer.from(requirePiece(fetched, parcel.x[0])).toString(),
    parts,
  };
}

/** Whether the bytes are those that were claimed. */
export function isPiece([hash, byteLength]: Claim, bytes: Uint8Array): boolean {
  return bytes.byteLength === byteLength && sha256(bytes) === hash;
}

/** Whether what came in a letter is a claim. */
export function isClaim(place: unknown): place is Claim {
  return Array.isArray(place) && place.length === 2 && /^[0-9a-f]{64}$/.test(place[0]) &&
    Number.isSafeInteger(place[1]);
}

function requirePiece(fetched: ReadonlyMap<string, Uint8Array>, hash: string): Uint8Array {
  const bytes = fetched.get(hash);
  if (bytes === undefined) throw new TypeError(`a piece of a value was not fetched (${hash.slice(0, 8)})`);
  return bytes;
}

/** A copy of its own: Node's small buffers share a pool, and the decoder hands bytes to the user. */
function ownBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function base64Length(bytes: Uint8Array): number {
  return Math.ceil(bytes.byteLength / 3) * 4;
}
