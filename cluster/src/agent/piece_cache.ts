import type { Claim } from "../message/parcel.ts";

/** Pieces that were fetched lately, up to a size: one large argument of many tasks is fetched once per machine. */
export class PieceCache {
  readonly #mostBytes: number;
  /** In the order of last use. A fetch that runs is there as well, so that nobody fetches the same twice. */
  readonly #pieces = new Map<string, Promise<Uint8Array | undefined>>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** A piece, from here or by `fetch`; nothing when it is in neither place. */
  async get(claim: Claim, fetch: () => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    const [hash, byteLength] = claim;
    let piece = this.#pieces.get(hash);
    if (piece === undefined) {
      piece = fetch();
      this.#bytes += byteLength;
      piece.then((bytes) => bytes ?? this.#forget(claim), () => this.#forget(claim));
    }
    this.#pieces.delete(hash);
    this.#pieces.set(hash, piece);
    const bytes = await piece;
    await this.#shrink();
    return bytes;
  }

  #forget([hash, byteLength]: Claim): void {
    if (this.#pieces.delete(hash)) this.#bytes -= byteLength;
  }

  async #shrink(): Promise<void> {
    for (const [hash, piece] of this.#pieces) {
      if (this.#bytes <= this.#mostBytes) return;
      const bytes = await piece.catch(() => undefined);
      if (bytes !== undefined && this.#pieces.get(hash) === piece) this.#forget([hash, bytes.byteLength]);
    }
  }
}
