import { ProtocolError } from "../../errors.ts";

/** The processes behind a peer in whose name it has asked something: of no other need anything be told that it has ended. */
export class ProcessesBehind {
  readonly #most: number;
  readonly #paths = new Set<string>();

  /** @param most How many there may be that have not ended. */
  constructor(most: number) {
    this.#most = most;
  }

  /** One has asked; "" is the peer itself. Throws ProtocolError if it is one too many. */
  add(path: string): void {
    if (path === "" || this.#paths.has(path)) return;
    if (this.#paths.size >= this.#most) throw new ProtocolError(`it asked for more than ${this.#most} processes`);
    this.#paths.add(path);
  }

  /** One has ended, and all behind it. Returns whether it, or one of those, has asked. */
  remove(path: string): boolean {
    let has = this.#paths.delete(path);
    for (const one of this.#paths) if (one.startsWith(`${path}/`)) has = this.#paths.delete(one);
    return has;
  }
}
