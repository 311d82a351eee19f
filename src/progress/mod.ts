/**
 * Progress bars for what a pool does, and for any other work that has items.
 *
 * ```ts
 * import { Pool } from "@corral/multiprocessing";
 * import { progress } from "@corral/multiprocessing/progress";
 *
 * await using pool = new Pool({ workers: 2 });
 * const items = Array.from({ length: 100 }, (_, n) => n);
 * let sum = 0;
 * for await (const root of progress(pool.imap(Math.sqrt, items), { total: items.length, label: "roots" })) sum += root;
 * ```
 *
 * A bar is drawn on stderr when that is a terminal. In CI (the variable `CI` is set, and the program may read it), and on a terminal
 * that can only append, there is a line every five seconds instead; elsewhere nothing is written. What tasks print stands above the bar.
 *
 * @module
 */
import "../require_deno.ts";
import { OptionChecks } from "../option_checks.ts";
import type { EndedItem } from "../pool/types.ts";
import { monotonicMs } from "../timer.ts";
import type { BarLine } from "./bar_line.ts";
import { type Display, openBars, usualDisplay } from "./bars.ts";
import { WorkCounter } from "./work_counter.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";

export type { Display } from "./bars.ts";
export type { EndedItem } from "../pool/types.ts";

/** Options of a progress bar. */
export interface ProgressOptions {
  /**
   * How many items there are, a whole number from 0. Without it the bar has no percentage and no time left.
   * @default the length of an array; otherwise not known
   */
  total?: number;
  /** What stands before the bar; on one line, whatever is in it. @default "" */
  label?: string;
  /** Items that were done before, in an earlier run: they count as done, and not in the rate. @default 0 */
  initial?: number;
  /** "bar": drawn on a terminal. "lines": a line on stderr every five seconds. "none": nothing. @default by what stderr is, as the module says */
  display?: Display;
}

/**
 * A bar that is moved by hand, or by a pool's `onItem`.
 *
 * Several can be open at once; each keeps its line. It does not keep the program alive. `close()`, or the end of a `using` scope, leaves
 * its last state on the screen.
 *
 * @example By hand
 * ```ts
 * import { ProgressBar } from "@corral/multiprocessing/progress";
 *
 * const bar = new ProgressBar({ total: 3, label: "files" });
 * for (const _ of ["a", "b", "c"]) bar.tick();
 * bar.close();
 * ```
 *
 * @example With `map`
 * ```ts
 * import { Pool } from "@corral/multiprocessing";
 * import { ProgressBar } from "@corral/multiprocessing/progress";
 *
 * await using pool = new Pool({ workers: 2 });
 * const items = [1, 4, 9];
 * using bar = new ProgressBar({ total: items.length });
 * await pool.map(Math.sqrt, items, { onItem: bar.item });
 * ```
 */
export class ProgressBar implements Disposable {
  readonly #counter: WorkCounter;
  readonly #line: BarLine;

  /**
   * Opens a bar.
   *
   * @param options See {@linkcode ProgressOptions}.
   * @throws {TypeError} For an option of another name or type.
   * @throws {RangeError} If `total` or `initial` is not a whole number from 0.
   */
  constructor(options: ProgressOptions = {}) {
    refuseSurplus("new ProgressBar(options)", arguments, 1);
    const { total, label = "", initial = 0, display = usualDisplay() } = checked(options);
    this.#counter = new WorkCounter(monotonicMs(), initial);
    this.#line = { counter: this.#counter, total, label };
    openBars.open(this.#line, display);
  }

  /** Items that are done, failed ones too. */
  get done(): number {
    return this.#counter.done;
  }

  /** Items that failed. */
  get failed(): number {
    return this.#counter.failed;
  }

  /**
   * Counts items that are done. Harmless after `close()`.
   *
   * @param done How many. @default 1
   * @param failed How many of them failed. @default 0
   */
  tick(done = 1, failed = 0): void {
    refuseSurplus("tick(done, failed)", arguments, 2);
    if (this.#counter.endedAt === undefined) this.#counter.count(done, failed, monotonicMs());
  }

  /** Counts one item that has ended. It is bound: give it to `onItem` as it is. */
  readonly item = ({ index, ok, durationMs }: EndedItem): void => {
    this.tick(1, ok ? 0 : 1);
    this.#counter.took(index, durationMs);
  };

  /** Ends the bar. Its last state stays on the screen. Harmless the second time. */
  close(): void {
    refuseArguments("close()", arguments);
    if (this.#counter.endedAt !== undefined) return;
    this.#counter.endedAt = monotonicMs();
    openBars.close(this.#line);
  }

  /** The same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Passes items on, and shows a bar meanwhile: for the results of `imap`, or anything else that is iterated.
 *
 * Items come in the same order, each when it is asked for. The bar ends with the last item, when the loop is left, and when the input throws;
 * that error is passed on, and counts as a failed item. Left before its first item, by `return()`, it ends an iterator that was given. Outcomes `{ status: "rejected" }`, as of `settle: true`, count as failed, too.
 *
 * @param items Any iterable or asynchronous iterable.
 * @param options See {@linkcode ProgressOptions}.
 * @returns The same items.
 * @throws {TypeError} For an option of another name or type.
 * @throws {RangeError} If `total` or `initial` is not a whole number from 0.
 *
 * @example An array
 * ```ts
 * import { progress } from "@corral/multiprocessing/progress";
 *
 * for await (const name of progress(["a.png", "b.png"], { label: "read" })) await Promise.resolve(name);
 * ```
 */
export function progress<T>(
  items: Iterable<T> | AsyncIterable<T>,
  options: ProgressOptions = {},
): AsyncGenerator<T, void, undefined> {
  refuseSurplus("progress(items, options)", arguments, 2);
  checked(options);
  const total = options.total ?? (Array.isArray(items) ? items.length : undefined);
  const passed = counted(items, total === undefined ? options : { ...options, total });
  // It goes to where it hears that it is left: before its beginning it would not, and an imap would stay open.
  passed.next();
  return passed;
}

async function* counted<T>(
  items: Iterable<T> | AsyncIterable<T>,
  options: ProgressOptions,
): AsyncGenerator<T, void, undefined> {
  let isAsked = false;
  try {
    yield undefined as T;
    isAsked = true;
  } finally {
    // An iterator that has begun, as that of an imap has, can be left. What would only begin now has nothing to end.
    if (!isAsked) await (items as Partial<AsyncIterator<T>>).return?.();
  }
  const bar = new ProgressBar(options);
  try {
    for await (const item of items) {
      bar.tick(1, isRejected(item) ? 1 : 0);
      yield item;
    }
  } catch (error) {
    bar.tick(1, 1);
    throw error;
  } finally {
    bar[Symbol.dispose]();
  }
}

function isRejected(item: unknown): boolean {
  return typeof item === "object" && item !== null && (item as { status?: unknown }).status === "rejected";
}

const KNOWN: Readonly<Record<keyof ProgressOptions, true>> = { total: true, label: true, initial: true, display: true };
const checks = new OptionChecks("show progress");

function checked(options: ProgressOptions): ProgressOptions {
  checks.names(options, KNOWN, "a bar");
  checks.count("total", options.total, 0, 0);
  checks.count("initial", options.initial, 0, 0);
  checks.text("label", options.label);
  checks.choice("display", options.display, ["bar", "lines", "none"]);
  return options;
}
