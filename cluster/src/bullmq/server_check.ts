import type { Checked } from "./engine.ts";

/** Whether a server is fit for work. It is looked at once, and again for the caller that asks after a look which found it unfit or out of reach. */
export class ServerCheck {
  readonly #look: () => Promise<Checked>;
  #last: Promise<Checked>;
  #hasFailed = false;
  #closed = false;

  /** Begins the first look. */
  constructor(look: () => Promise<Checked>) {
    this.#look = look;
    this.#last = this.#begin();
  }

  /** What a look has found. Rejects with what is wrong with the server. */
  found(): Promise<Checked> {
    if (this.#hasFailed && !this.#closed) this.#last = this.#begin();
    return this.#last;
  }

  /** The server is not looked at again. */
  close(): void {
    this.#closed = true;
  }

  #begin(): Promise<Checked> {
    this.#hasFailed = false;
    const looking = this.#look();
    looking.catch(() => {
      this.#hasFailed = true;
    });
    return looking;
  }
}
