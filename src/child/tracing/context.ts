/** OpenTelemetry's context in a worker: what is true for the code that runs now, through its awaits. */

/** `AsyncLocalStorage`, as far as it is used here. */
export interface ContextStorage {
  getStore(): Context | undefined;
  run<R>(context: Context, body: () => R): R;
}

/** Values by key; setting one makes a new context. */
export class Context {
  readonly #values: ReadonlyMap<symbol, unknown>;

  constructor(values: ReadonlyMap<symbol, unknown> = new Map()) {
    this.#values = values;
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new Context(new Map(this.#values).set(key, value));
  }

  deleteValue(key: symbol): Context {
    const values = new Map(this.#values);
    values.delete(key);
    return new Context(values);
  }
}

const ROOT = new Context();

/** The context manager that `@opentelemetry/api` asks. */
export class ContextManager {
  readonly #storage: ContextStorage;

  constructor(storage: ContextStorage) {
    this.#storage = storage;
  }

  active(): Context {
    return this.#storage.getStore() ?? ROOT;
  }

  with<A extends unknown[], R>(context: Context, fn: (...args: A) => R, thisArg?: unknown, ...args: A): R {
    return this.#storage.run(context, () => fn.apply(thisArg, args));
  }

  bind<T>(context: Context, target: T): T {
    if (typeof target !== "function") return target;
    const run = (thisArg: unknown, args: unknown[]): unknown =>
      this.with(context, target as never, thisArg, ...args as never);
    return function (this: unknown, ...args: unknown[]) {
      return run(this, args);
    } as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}
