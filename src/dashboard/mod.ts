/** The live page of a pool: what its workers do now, what happened over time, and what each worker may do. */
import { OptionChecks } from "../option_checks.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { epochMs, every, type Timer } from "../timer.ts";
import { usageOf } from "./process_usage.ts";
import { Recorder } from "./recorder.ts";
import { PageServer } from "./server.ts";
import type { PoolSource } from "./source.ts";

export type { Recorder } from "./recorder.ts";
export type { Totals } from "./state.ts";
export type { PoolSource } from "./source.ts";

const STEP_MS = 1000;

/** Options of a live page. */
export interface DashboardOptions {
  /** The port on 127.0.0.1, from 0 to 65535; 0 for any that is free. @default 0 */
  port?: number;
  /** Whether viewers may pause the pool, change how many workers it has, and kill a worker. @default false */
  control?: boolean;
  /**
   * What the items are called that your tasks work on, such as "Records", where each task has many and does not fail with one of them. Your
   * program counts them by `count()`, and the page has them and their failures in the place of those of tasks. @default tasks are counted
   */
  items?: string;
}

/** A live page that is being served. */
export interface Dashboard extends AsyncDisposable {
  /** Its address, for a browser. It holds a secret token: everyone who has the address can look, and with `control` act. */
  readonly url: string;
  /**
   * Counts items that have ended; see `items` of the options.
   *
   * @param completed How many ended well.
   * @param errors What the others failed with, each an error or an object with its `name` and `message`.
   * @throws {TypeError} If the page was served without `items`, or an argument is of another kind.
   */
  count(completed: number, errors?: readonly unknown[]): void;
  /** Ends it. The pool goes on, also when a viewer has paused it. */
  close(): Promise<void>;
}

/** Records a pool, and serves that until it is closed. */
export class LiveDashboard implements Dashboard {
  /** What is told of the pool. */
  readonly recorder: Recorder;
  readonly #server: PageServer;
  readonly #timer: Timer;
  readonly #countsItems: boolean;
  readonly #closed = Promise.withResolvers<void>();
  #measuring: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(source: PoolSource, options: DashboardOptions) {
    const { port = 0, control = false, items } = checked(options);
    if (control && source.control === undefined) {
      throw new TypeError(
        "Cannot serve the live page: the workers of this pool cannot be controlled from here, leave `control` out",
      );
    }
    this.#countsItems = items !== undefined;
    const recorder = this.recorder = new Recorder(source, epochMs(), items);
    const shown = {
      name: source.name,
      start: () => recorder.start(control, epochMs()),
      control: control ? source.control : undefined,
    };
    this.#server = new PageServer(shown, port);
    this.#timer = every(STEP_MS, () => this.#step());
    this.#timer.setReferenced(false);
  }

  get url(): string {
    return this.#server.url;
  }

  count(completed: number, errors: readonly unknown[] = []): void {
    refuseSurplus("count(completed, errors)", arguments, 2);
    if (!this.#countsItems) {
      throw new TypeError(
        'Cannot count items: the live page was served without "items", which says what they are called',
      );
    }
    if (!Number.isSafeInteger(completed) || completed < 0 || !Array.isArray(errors)) {
      throw new TypeError(
        `Cannot count ${shown(completed)} and ${
          shown(errors)
        }: how many items have ended well is wanted, and a list of errors`,
      );
    }
    this.recorder.itemsEnded(completed, errors, epochMs());
  }

  close(): Promise<void> {
    refuseArguments("close()", arguments);
    return this.#closing ??= this.#close("this page was closed, its pool may go on");
  }

  /** Ends it because its pool has ended. */
  poolEnded(): Promise<void> {
    return this.#closing ??= this.#close("the pool has ended");
  }

  async #close(reason: string): Promise<void> {
    this.#timer.cancel();
    // What the viewers were told last is up to a second old, and stays on their screens.
    this.#server.send("state", this.recorder.step(epochMs()));
    this.#server.send("end", { reason });
    await this.#measuring;
    await this.#server.close();
    this.#closed.resolve();
  }

  /** Resolves when it has ended. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #step(): void {
    this.#server.send("state", this.recorder.step(epochMs()));
    // It starts a process: only for somebody who looks, and never a second one beside a slow one.
    if (this.#server.isWatched) this.#measuring ??= this.#measure();
  }

  async #measure(): Promise<void> {
    this.recorder.measured(await usageOf(this.recorder.pids), epochMs());
    this.#measuring = undefined;
  }
}

const KNOWN: Readonly<Record<keyof DashboardOptions, true>> = { port: true, control: true, items: true };
const checks = new OptionChecks("serve the live page");

function checked(options: DashboardOptions): DashboardOptions {
  checks.names(options, KNOWN, "it");
  checks.within("port", options.port, 0, 0, 65_535);
  checks.flag("control", options.control);
  checks.text("items", options.items);
  return options;
}
