import { TimeoutError } from "../errors.ts";
import type { PoolEngine } from "../pool/engine.ts";
import { ImapJob, type ImapKind } from "../pool/jobs/imap_job.ts";
import { asNow, notIterable } from "../pool/jobs/item_source.ts";
import { checkImapOptions } from "../pool/options.ts";
import type { Items } from "../pool/types.ts";
import { monotonicMs, untilSettled } from "../timer.ts";
import { OptionChecks } from "../option_checks.ts";
import { shown } from "../shown.ts";
import type { ExecutorMapOptions } from "./types.ts";
import { isIterable, isSized, zip } from "./zip.ts";

const mapChecks = new OptionChecks("map");
const KNOWN_OPTIONS: Record<keyof ExecutorMapOptions, true> = {
  timeoutMs: true,
  chunkSize: true,
  bufferSize: true,
  signal: true,
  retries: true,
  priority: true,
  key: true,
  onProgress: true,
  onItem: true,
};

/**
 * Starts an executor's `map`: an `imap` over what its inputs give side by side.
 *
 * What differs from the pool's: tasks that run go on when the iterator ends, and there is a time limit for the whole.
 *
 * @param rest The inputs, and perhaps options behind them: anything that is not an iterable is options.
 */
export function startMap(
  engine: PoolEngine,
  fn: unknown,
  rest: readonly unknown[],
): AsyncIterableIterator<unknown> {
  const { inputs, options: { timeoutMs, ...options } } = splitOptions(rest);
  const kind: ImapKind = {
    ordered: true,
    spread: inputs.length !== 1,
    sparesBegun: true,
    drains: options.bufferSize === undefined && inputs.some(isSized),
  };
  // Python collects all inputs. What is endless could not be collected.
  const items = inputs.length === 1 ? asNow(inputs[0]!) : zip(inputs.map(asNow));
  const job = new ImapJob(engine, { spec: engine.refer(fn), items, kind, options });
  return timeoutMs === undefined ? job : new TimedIterator(job, timeoutMs);
}

function splitOptions(rest: readonly unknown[]): { inputs: Items<unknown>[]; options: ExecutorMapOptions } {
  const last = rest.at(-1);
  // Options may be undefined, but not a function's only input.
  const hasOptions = last === undefined
    ? rest.length > 1
    : typeof last === "object" && last !== null && !isIterable(last);
  const inputs = hasOptions ? rest.slice(0, -1) : [...rest];
  const options = (hasOptions ? last ?? {} : {}) as ExecutorMapOptions;
  for (const input of inputs) {
    if (isIterable(input)) continue;
    throw notIterable(input);
  }
  mapChecks.names(options, KNOWN_OPTIONS, "map");
  for (const name of ["timeoutMs", "chunkSize", "bufferSize"] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "number") {
      throw mapChecks.wrongType(`"${name}" is ${shown(value)}, a number is wanted`);
    }
  }
  checkImapOptions(options);
  return { inputs: inputs as Items<unknown>[], options };
}

/** An iterator with a time limit, counted from its making. What is there is given even when it is late. */
class TimedIterator implements AsyncIterableIterator<unknown> {
  readonly #job: ImapJob;
  readonly #timeoutMs: number;
  readonly #endsAt: number;

  constructor(job: ImapJob, timeoutMs: number) {
    this.#job = job;
    this.#timeoutMs = timeoutMs;
    this.#endsAt = monotonicMs() + timeoutMs;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown>> {
    const step = this.#job.next();
    if (await untilSettled(step, { timeoutMs: this.#endsAt - monotonicMs() })) return await step;
    // Its inputs may take their time to close, and what they throw then is of no use to anybody.
    this.#job.leave();
    throw new TimeoutError(
      `Cannot give the next result: not all were there ${this.#timeoutMs} ms after map() was called; what has not started is given up, wanted a longer "timeoutMs"`,
    );
  }

  return(): Promise<IteratorResult<unknown>> {
    return this.#job.return();
  }
}
