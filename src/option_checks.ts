import { shown } from "./shown.ts";

/** Checks the options of one thing, and words what is wrong with them: `Cannot make a pool: "workers" is 0, …`. */
export class OptionChecks {
  readonly #action: string;
  readonly #names: Readonly<Record<string, string>>;

  /**
   * @param action What cannot be done with wrong options, like `"make a pool"`.
   * @param names What the caller calls an option that has another name here.
   */
  constructor(action: string, names: Readonly<Record<string, string>> = {}) {
    this.#action = action;
    this.#names = names;
  }

  /** An option as the caller wrote it, in quotes. */
  quoted(name: string): string {
    return JSON.stringify(Object.hasOwn(this.#names, name) ? this.#names[name] : name);
  }

  /**
   * Refuses names that are not in `known`, which is written as a record so that the compiler sees to its completeness.
   *
   * @param elsewhere What takes other options, to say where an unknown name belongs.
   */
  names<T extends object>(
    options: T,
    known: Record<keyof T & string, unknown>,
    owner: string,
    elsewhere: Readonly<Record<string, object>> = {},
  ): void {
    if (!mayHoldOptions(options)) throw this.wrongType(`the options are ${kindOf(options)}, an object is wanted`);
    for (const name of Object.keys(options)) {
      if (Object.hasOwn(known, name)) continue;
      throw this.wrongType(`"${name}" is not an option of ${owner}${hint(name, known, elsewhere)}`);
    }
  }

  /** A whole number of at least `least`. */
  count(name: string, value: number | undefined, fallback: number, least = 1): number {
    if (value === undefined) return fallback;
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw this.outOfRange(`${this.quoted(name)} is ${shown(value)}, a whole number of at least ${least} is wanted`);
  }

  /** A whole number between two bounds, which count in. */
  within(name: string, value: number | undefined, fallback: number, least: number, most: number): number {
    if (value === undefined) return fallback;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw this.outOfRange(`${this.quoted(name)} is ${shown(value)}, a whole number from ${least} to ${most} is wanted`);
  }

  /** Milliseconds; `Infinity` is as long as it takes. */
  duration(name: string, value: number | undefined): number | undefined {
    if (value === undefined || (typeof value === "number" && value >= 0)) return value;
    throw this.outOfRange(`${this.quoted(name)} is ${shown(value)}, milliseconds of at least 0 are wanted`);
  }

  /** One of a few words; the first is the default. */
  choice<T extends string>(name: string, value: T | undefined, choices: readonly [T, ...T[]]): T {
    if (value === undefined) return choices[0];
    if (choices.includes(value)) return value;
    const wanted = choices.map((text) => JSON.stringify(text)).join(", ");
    throw this.wrongType(`${this.quoted(name)} is ${shown(value)}, one of ${wanted} is wanted`);
  }

  /** A truth value. */
  flag(name: string, value: unknown): boolean | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "boolean") return value;
    throw this.wrongType(`${this.quoted(name)} is ${typeof value}, true or false is wanted`);
  }

  /** A text. */
  text(name: string, value: unknown): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "string") return value;
    throw this.wrongType(`${this.quoted(name)} is ${shown(value)}, a string is wanted`);
  }

  /** A signal. */
  signal(name: string, value: unknown): AbortSignal | undefined {
    if (value === undefined) return undefined;
    if (value instanceof AbortSignal) return value;
    const its = value instanceof AbortController ? ", wanted its signal" : "";
    throw this.wrongType(`${this.quoted(name)} must be an AbortSignal${its}`);
  }

  /** A list. */
  list(name: string, value: unknown): readonly unknown[] | undefined {
    if (value === undefined) return undefined;
    if (Array.isArray(value)) return value;
    throw this.wrongType(`${this.quoted(name)} is ${typeof value}, an array is wanted`);
  }

  /** A function, or the name of one. */
  functionOrName<F>(name: string, value: F): F {
    if (value === undefined || typeof value === "function" || typeof value === "string") return value;
    throw this.wrongType(`${this.quoted(name)} is ${typeof value}, a function or the name of an export is wanted`);
  }

  /** The error for a value of a wrong type or form. */
  wrongType(detail: string): TypeError {
    return new TypeError(`Cannot ${this.#action}: ${detail}`);
  }

  /** The error for a number out of its range. */
  outOfRange(detail: string): RangeError {
    return new RangeError(`Cannot ${this.#action}: ${detail}`);
  }
}

/** Whether a value may hold options: an AbortSignal, a Map or a Promise has no own names, and would be ignored. */
function mayHoldOptions(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const kind = Object.prototype.toString.call(value);
  return kind === "[object Object]" || kind === "[object Module]";
}

function kindOf(options: unknown): string {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return shown(options);
  return `of the kind ${Object.prototype.toString.call(options).slice("[object ".length, -1)}`;
}

/** What to write instead, or where the option belongs. */
function hint(name: string, known: object, elsewhere: Readonly<Record<string, object>>): string {
  const meant = meantBy(name, known);
  if (meant !== undefined) return `, wanted "${meant}"`;
  for (const [owner, options] of Object.entries(elsewhere)) {
    const there = Object.hasOwn(options, name) ? name : meantBy(name, options);
    if (there !== undefined) return `, "${there}" is one of ${owner}`;
  }
  return "";
}

/** What other libraries, and Python, call the same thing. */
const OTHER_NAMES: Readonly<Record<string, string | readonly string[]>> = {
  processes: "workers",
  nprocesses: "workers",
  workers: "workers",
  maxworkers: "workers",
  threads: "workers",
  maxthreads: "workers",
  numworkers: "workers",
  size: "workers",
  poolsize: "workers",
  timeout: ["timeoutMs", "taskTimeoutMs"],
  timeoutms: "taskTimeoutMs",
  tasktimeout: "taskTimeoutMs",
  initargs: "initArgs",
  idletimeout: "idleTimeoutMs",
  maxtasks: "maxTasksPerChild",
  maxtasksperworker: "maxTasksPerChild",
  batchsize: "chunkSize",
  chunk: "chunkSize",
  chunks: "chunkSize",
  abortsignal: "signal",
  abort: "signal",
  onprogress: "onProgress",
  retry: "retries",
  prio: "priority",
  errback: "errorCallback",
  memory: "memoryLimitMiB",
  memorymb: "memoryLimitMiB",
  maxmemory: "memoryLimitMiB",
  memorylimitmb: "memoryLimitMiB",
  fn: "target",
  func: "target",
  arguments: "args",
  kwargs: "args",
  desc: "label",
  description: "label",
  reverse: "descending",
  exposed: "expose",
};

/** The option that a caller may have meant: the same letters, with a unit behind them, a name from elsewhere, or a slip. */
function meantBy(name: string, known: object): string | undefined {
  const bare = bareName(name);
  const candidates = Object.keys(known);
  const same = candidates.find((option) =>
    bareName(option) === bare || bareName(option) === `${bare}ms` || bareName(option) === `${bare}mib`
  );
  if (same !== undefined) return same;
  const others = Object.hasOwn(OTHER_NAMES, bare) ? [OTHER_NAMES[bare]!].flat().map(bareName) : [];
  const sameThing = candidates.find((option) =>
    others.some((other) => bareName(option) === other || bareName(option) === `max${other}`)
  );
  return sameThing ?? candidates.find((option) => isNear(bare, bareName(option)));
}

/** Whether one letter is missing, too many, or wrong, or two have changed places. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || Math.min(a.length, b.length) < 3) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  if (restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1)) return true;
  return restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
}

function bareName(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}
