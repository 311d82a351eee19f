import type { Clock } from "../clock.ts";

/** How long a client that is gone is not asked for again. */
const GONE_MS = 200;

interface Known {
  isThere: boolean;
  askedAt: number;
  /** Since when it has been missing, as seen from here. */
  goneSince: number | undefined;
}

/** Which clients are alive. A task whose client is gone need not be run: nobody waits for it. */
export class KnownClients {
  readonly #ask: (id: string) => Promise<boolean>;
  readonly #clock: Clock;
  readonly #freshMs: number;
  readonly #known = new Map<string, Known>();

  /** @param freshMs How long a client that was there is believed to be. */
  constructor(ask: (id: string) => Promise<boolean>, clock: Clock, freshMs: number) {
    this.#ask = ask;
    this.#clock = clock;
    this.#freshMs = freshMs;
  }

  /** Whether a client is alive; no promise where that is known, since each costs a task some of its time. */
  isThere(id: string): boolean | Promise<boolean> {
    return this.#recent(id)?.isThere ?? this.#look(id).then(({ isThere }) => isThere);
  }

  /** Milliseconds that a client has been missing, as seen by calls of this. */
  async missingMs(id: string): Promise<number> {
    const { goneSince } = await this.#look(id);
    return goneSince === undefined ? 0 : this.#clock.now() - goneSince;
  }

  #recent(id: string): Known | undefined {
    const known = this.#known.get(id);
    if (known === undefined) return undefined;
    return this.#clock.now() - known.askedAt < (known.isThere ? this.#freshMs : GONE_MS) ? known : undefined;
  }

  async #look(id: string): Promise<Known> {
    const recent = this.#recent(id);
    if (recent !== undefined) return recent;
    const known = this.#known.get(id);
    const now = this.#clock.now();
    const isThere = await this.#ask(id);
    const goneSince = isThere ? undefined : known?.goneSince ?? now;
    const next: Known = { isThere, askedAt: now, goneSince };
    // One that comes back is asked for again; the others need not be remembered for ever.
    if (this.#known.size > 1000) this.#known.clear();
    this.#known.set(id, next);
    return next;
  }
}
