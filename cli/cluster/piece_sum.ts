import { joinedBytes } from "../runner/joined_bytes.ts";
import type { Piece, PieceDetails } from "../runner/protocol.ts";

const NOTHING = new Uint8Array(0);
const decoder = new TextDecoder();

/** The pieces of a block as one: what was done in all, and the state of the last. */
export class PieceSum {
  #last: Piece | undefined;
  #elapsedMs = 0;
  #results = 0;
  readonly #outputs: Uint8Array[] = [];
  readonly #details: Uint8Array[] = [];

  /** Takes in the next piece. */
  add(piece: Piece): void {
    const [, , , elapsedMs, results, output, details] = piece;
    this.#last = piece;
    this.#elapsedMs += elapsedMs;
    this.#results += results;
    if (output.length > 0) this.#outputs.push(output);
    if (details.length > 0) this.#details.push(details);
  }

  /** Records that are finished. */
  get done(): number {
    return this.#last?.[1] ?? 0;
  }

  /** All as one; `flag` is added to its state. Nothing when there was none. Which worker it was, the agent knows better than what it ran. */
  total(workerId: number, flag = 0): Piece | null {
    if (this.#last === undefined) return null;
    const [, done, state] = this.#last;
    const details = this.#details.length < 2 ? this.#details[0] ?? NOTHING : joinedDetails(this.#details);
    return [workerId, done, state | flag, this.#elapsedMs, this.#results, joinedBytes(this.#outputs), details];
  }
}

function joinedDetails(texts: readonly Uint8Array[]): Uint8Array {
  const all: PieceDetails = { outcomes: [], retries: [] };
  for (const text of texts) {
    const { outcomes, retries } = JSON.parse(decoder.decode(text)) as PieceDetails;
    for (const outcome of outcomes) all.outcomes.push(outcome);
    for (const retry of retries) all.retries.push(retry);
  }
  return new TextEncoder().encode(JSON.stringify(all));
}
