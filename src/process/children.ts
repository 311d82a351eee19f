/** The processes that this one has started and that have not ended. */
export class Children<P> {
  readonly #active = new Set<P>();
  #lastLink = 0;

  /** All that run. */
  get active(): P[] {
    return [...this.#active];
  }

  /** A name for the link to the next one, which no other has. */
  nextLinkKey(): string {
    return `process-${++this.#lastLink}`;
  }

  /** Notes that one has started. */
  add(process: P): void {
    this.#active.add(process);
  }

  /** Notes that one has ended. */
  delete(process: P): void {
    this.#active.delete(process);
  }
}
