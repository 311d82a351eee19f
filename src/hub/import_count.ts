import { ProtocolError } from "../errors.ts";

/** How much of a peer's this process keeps in mind. Each invented id would take memory for as long as the peer lives. */
export class ImportCount {
  readonly #most: number;
  #objects = 0;
  #origins = 0;

  /** @param most How many objects, and how many processes that own them, there may be. */
  constructor(most: number) {
    this.#most = most;
  }

  /** A handle of an object has come that is not known here. Throws ProtocolError if it is one too many. */
  addObject(): void {
    if (++this.#objects <= this.#most) return;
    throw new ProtocolError(`it sent handles of more than ${this.#most} objects that are not closed`);
  }

  /** An object is forgotten. */
  removeObject(): void {
    this.#objects--;
  }

  /** A handle has come from a process that is not known here. Throws ProtocolError if it is one too many. */
  addOrigin(): void {
    if (++this.#origins <= this.#most) return;
    throw new ProtocolError(`it sent handles of more than ${this.#most} processes`);
  }
}
