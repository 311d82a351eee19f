/** What the function gets beside its record. */
export class RecordContext {
  /** Counts the records of all inputs, from 0. */
  readonly index: number;
  /** From 1. */
  readonly attempt: number;
  #controller: AbortController | undefined;

  /** For one attempt at one record. */
  constructor(index: number, attempt: number) {
    this.index = index;
    this.attempt = attempt;
  }

  /** Aborted when the record's time is up. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Aborts the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }
}
