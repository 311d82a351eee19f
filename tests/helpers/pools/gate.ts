/** Where tasks wait for the test: they connect (`fixtures/tasks/hold.ts`), and go on when the test hangs up. */
export class Gate implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #held: Deno.TcpConn[] = [];

  /** The argument for `hold()`. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Waits until `count` tasks are held. */
  async arrived(count = 1): Promise<void> {
    while (this.#held.length < count) this.#held.push(await this.#listener.accept());
  }

  /** Lets the held tasks go. */
  open(): void {
    for (const connection of this.#held.splice(0)) connection.close();
  }

  /** Lets the held tasks go, and all that come later. */
  openForGood(): void {
    this.open();
    this.#letAllPass();
  }

  async #letAllPass(): Promise<void> {
    try {
      for await (const connection of this.#listener) connection.close();
    } catch {
      // The test is over.
    }
  }

  [Symbol.dispose](): void {
    this.open();
    this.#listener.close();
  }
}

/** What a task needs to be held. */
export const GATE_PERMISSIONS: Deno.PermissionOptions = { net: ["127.0.0.1"] };
