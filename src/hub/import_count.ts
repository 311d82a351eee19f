import { ProtocolError } from "../errors.ts";

/** How much of a peer's this process keeps in mind. Each invented id would take memory for as long as it is not given up. */
export class ImportCount {
  readonly #most: number;
  #objects = 0;
  #origins = 0;

  /** @param most How many objects, and how many processes that own them, there may be at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many objects are known. */
  get objects(): number {
    return this.#objects;
  }

  /** How many processes own those. */
  get origins(): number {
    return this.#origins;
  }

  /** A handle of an object has come that is not known here. Throws ProtocolError if it is one too many. */
  addObject(): void {
    if (this.#objects >= this.#most) {
      throw new ProtocolError(`it sent handles of more than ${this.#most} objects that are not closed`);
    }
    this.#objects++;
  }

  /** An object is forgotten. */
  removeObject(): void {
    this.#objects--;
  }

  /** A handle has come from a process of which no other is known. Throws ProtocolError if it is one too many. */
  addOrigin(): void {
    if (this.#origins >= this.#most) {
      throw new ProtocolError(`it sent handles of more than ${this.#most} processes that are not closed`);
    }
    this.#origins++;
  }

  /** The last object of a process is forgotten. */
  removeOrigin(): void {
    this.#origins--;
  }
}
