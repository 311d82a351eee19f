import { delay } from "../timer.ts";

/** Errors of results that nobody has asked for yet. None of them may stay silent: `docs/decisions/callers.md`. */
export class UnobservedErrors {
  readonly #errors = new Map<object, unknown>();
  readonly #onUnload = (): void => {
    for (const error of this.#take()) reportError(error);
  };

  /** Notes the error of a result. */
  add(result: object, error: unknown): void {
    if (this.#errors.size === 0) globalThis.addEventListener("unload", this.#onUnload);
    this.#errors.set(result, error);
  }

  /** Somebody asked for the result. */
  delete(result: object): void {
    if (this.#errors.delete(result) && this.#errors.size === 0) {
      globalThis.removeEventListener("unload", this.#onUnload);
    }
  }

  /** Raises what is left as unhandled rejections, and returns when their listeners were called. */
  async raise(): Promise<void> {
    const errors = this.#take();
    if (errors.length === 0) return;
    for (const error of errors) Promise.reject(error);
    await delay();
  }

  #take(): unknown[] {
    const errors = [...this.#errors.values()];
    this.#errors.clear();
    globalThis.removeEventListener("unload", this.#onUnload);
    return errors;
  }
}
