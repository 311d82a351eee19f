/** Where large pieces lie: Redis keys that end by themselves. */
import { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import type { Letter } from "../../message/letter.ts";
import { type Claim, isPiece, type Piece } from "../../message/parcel.ts";
import type { Store } from "../engine.ts";

/** Pieces on shelves. */
export class RedisStore implements Store {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #ttlMs: number;

  constructor(redis: Redis, group: string, ttlMs: number) {
    this.#redis = redis;
    this.#prefix = `corral:{${group}}:shelf:`;
    this.#ttlMs = Math.ceil(Math.min(ttlMs, 2 ** 40));
  }

  /** Puts pieces. Those that lie there are only kept longer, so that their bytes are not sent again. */
  async put(shelf: string, pieces: readonly Piece[]): Promise<void> {
    const there = await Promise.all(pieces.map(({ hash }) => this.#redis.pexpire(this.#key(shelf, hash), this.#ttlMs)));
    const missing = pieces.filter((_, index) => there[index] === 0);
    await Promise.all(
      missing.map(({ hash, bytes }) => this.#redis.set(this.#key(shelf, hash), viewOf(bytes), "PX", this.#ttlMs)),
    );
  }

  /** Takes a piece; nothing when it is not there, or is not what its name says. */
  async get(shelf: string, claim: Claim): Promise<Uint8Array | undefined> {
    const buffer = await this.#redis.getBuffer(this.#key(shelf, claim[0]));
    if (buffer === null) return undefined;
    // A buffer of its own: typed arrays are made of it, which must begin at a multiple of their items' size.
    const isOwn = buffer.byteOffset === 0 && buffer.buffer.byteLength === buffer.byteLength;
    const bytes = isOwn ? new Uint8Array(buffer.buffer) : new Uint8Array(buffer);
    return isPiece(claim, bytes) ? bytes : undefined;
  }

  /** Takes pieces off a shelf. */
  async drop(shelf: string, hashes: readonly string[]): Promise<void> {
    if (hashes.length > 0) await this.#redis.unlink(hashes.map((hash) => this.#key(shelf, hash)));
  }

  /** Keeps an answer that could not be written down, for the agent that gets the job next. The first one counts. */
  async keepAnswer(name: string, letter: Letter): Promise<void> {
    await this.#redis.set(this.#answerKey(name), JSON.stringify(letter), "PX", this.#ttlMs, "NX");
  }

  /** The answer that was kept under a name, if there is one. It may be forged. */
  async keptAnswer(name: string): Promise<unknown> {
    const text = await this.#redis.get(this.#answerKey(name));
    if (text === null) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  #answerKey(name: string): string {
    return `${this.#prefix}answers:${name}`;
  }

  #key(shelf: string, hash: string): string {
    return `${this.#prefix}${shelf}:${hash}`;
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
