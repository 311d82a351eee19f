/**
 * Signed texts. The server is trusted to keep data, not to make it: a process that can write there can neither start code nor forge a result,
 * because orders, outcomes, cancellations and progress are letters, and a letter opens only with the secret that sealed it
 * (docs/decisions/cluster.md).
 */
import { Buffer, isUtf8 } from "node:buffer";
import { createHash, createHmac, type Hash, timingSafeEqual } from "node:crypto";

/** Raised when letters change in a way that an older side cannot understand. */
export const CLUSTER_PROTOCOL = 1;

const LEAST_SECRET_BYTES = 16;
/** Of SHA-256. */
const BLOCK_BYTES = 64;

/** A text and its signature, as they lie on the server. */
export interface Letter {
  /** The text: JSON. */
  readonly l: string;
  /** HMAC-SHA256 of purpose and text, base64. */
  readonly m: string;
}

/** What a letter is for. An order cannot be passed off as an outcome: each purpose has a key of its own. */
export type Purpose = "order" | "outcome" | "cancel" | "progress" | "presence";

/** Seals and opens letters under one secret. */
export class Sealer {
  readonly #secret: Buffer;
  readonly #macs = new Map<Purpose, Mac>();

  /**
   * Takes the secret that clients and agents share.
   *
   * @throws {TypeError} If it is shorter than 16 bytes.
   */
  constructor(secret: string | Uint8Array) {
    const bytes = secretBytes(secret);
    if (bytes.byteLength < LEAST_SECRET_BYTES) {
      throw new TypeError(
        `Cannot use the cluster's secret: it has ${bytes.byteLength} bytes, at least ${LEAST_SECRET_BYTES} are wanted ` +
          `(make one with: openssl rand -hex 32 > cluster.key)`,
      );
    }
    this.#secret = bytes;
  }

  /** Signs a text. */
  seal(purpose: Purpose, text: string): Letter {
    return { l: text, m: this.#sign(purpose, text).toString("base64") };
  }

  /** The text of a letter; nothing when the signature is not that of this secret and purpose. */
  open(purpose: Purpose, letter: unknown): string | undefined {
    const { l, m } = (letter ?? {}) as Partial<Letter>;
    if (typeof l !== "string" || typeof m !== "string") return undefined;
    const given = Buffer.from(m, "base64");
    const wanted = this.#sign(purpose, l);
    return given.byteLength === wanted.byteLength && timingSafeEqual(given, wanted) ? l : undefined;
  }

  #sign(purpose: Purpose, text: string): Buffer {
    return this.#macOf(purpose).sign(text);
  }

  #macOf(purpose: Purpose): Mac {
    let mac = this.#macs.get(purpose);
    if (mac === undefined) {
      mac = new Mac(createHmac("sha256", this.#secret).update(`corral ${CLUSTER_PROTOCOL} ${purpose}`).digest());
      this.#macs.set(purpose, mac);
    }
    return mac;
  }
}

/** A file that is read as bytes ends with a line break as well as one that is read as text. Other bytes count as they are. */
function secretBytes(secret: string | Uint8Array): Buffer {
  if (typeof secret === "string") return Buffer.from(secret.trim());
  const bytes = Buffer.from(secret ?? []);
  return isUtf8(bytes) ? Buffer.from(bytes.toString().trim()) : bytes;
}

/**
 * HMAC-SHA256 (RFC 2104) under one key, whose part of the work is done once: `createHmac` does it for each text, and every call signs
 * and checks four.
 */
class Mac {
  readonly #inner: Hash;
  readonly #outer: Hash;

  /** @param key At most as long as a block of SHA-256. */
  constructor(key: Uint8Array) {
    this.#inner = createHash("sha256").update(padded(key, 0x36));
    this.#outer = createHash("sha256").update(padded(key, 0x5c));
  }

  sign(text: string): Buffer {
    return this.#outer.copy().update(this.#inner.copy().update(text).digest()).digest();
  }
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  return new Uint8Array(BLOCK_BYTES).map((_, index) => (key[index] ?? 0) ^ pad);
}

/** The sha256 of bytes or text, in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
