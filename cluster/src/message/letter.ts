/**
 * Signed texts. Redis is trusted to keep data, not to make it: who can write there can neither start code nor forge a result,
 * because orders, outcomes, cancellations and progress are letters, and a letter opens only with the secret that sealed it
 * (docs/decisions/cluster.md).
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Raised when letters change in a way that an older side cannot understand. */
export const CLUSTER_PROTOCOL = 1;

const LEAST_SECRET_BYTES = 16;

/** A text and its signature, as they lie in Redis. */
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
  readonly #keys = new Map<Purpose, Buffer>();

  /**
   * Takes the secret that clients and agents share.
   *
   * @throws {TypeError} If it is shorter than 16 bytes.
   */
  constructor(secret: string | Uint8Array) {
    const bytes = typeof secret === "string" ? Buffer.from(secret.trim()) : Buffer.from(secret ?? []);
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
    return createHmac("sha256", this.#keyOf(purpose)).update(text).digest();
  }

  #keyOf(purpose: Purpose): Buffer {
    let key = this.#keys.get(purpose);
    if (key === undefined) {
      key = createHmac("sha256", this.#secret).update(`corral ${CLUSTER_PROTOCOL} ${purpose}`).digest();
      this.#keys.set(purpose, key);
    }
    return key;
  }
}

/** The sha256 of bytes or text, in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
