/** The processes that this one has started and that have not ended. */
export class Children<P> {
  readonly #active = new Set<P>();

  /** All that run. */
  get active(): P[] {
    return [...this.#active];
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
