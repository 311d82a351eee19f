/** The calls of a soak, chosen by a seed. */
import {
  Lock,
  Manager,
  PoisonTaskError,
  type Pool,
  Queue,
  type TaskOptions,
  TaskTimeoutError,
  type ValueProxy,
  WorkerExitError,
} from "../../mod.ts";
import type { Dice } from "../helpers/simulated/dice.ts";
import type { Call, Ledger } from "./ledger.ts";
import type { Order } from "./tasks.ts";

type Tasks = typeof import("./tasks.ts");

/** What the calls of one kind look like; the options are drawn once more for each call. */
type Action = (options: TaskOptions) => void;

/** Submits calls to a pool, and knows what each may end with. */
export class Load {
  readonly #pool: Pool<Tasks>;
  readonly #dice: Dice;
  readonly #ledger: Ledger;
  readonly #runs: string;
  readonly #queue = new Queue<number>();
  readonly #lock = new Lock();
  readonly #manager = new Manager();
  readonly #sum: ValueProxy<number>;
  /** Items put into the queue, and those that a reader said it has. */
  readonly #given = new Set<number>();
  readonly #taken: number[] = [];
  #nextItem = 0;
  #added = 0;
  #maybeAdded = 0;

  constructor(pool: Pool<Tasks>, dice: Dice, ledger: Ledger, runs: string) {
    [this.#pool, this.#dice, this.#ledger, this.#runs] = [pool, dice, ledger, runs];
    this.#sum = this.#manager.value(0);
  }

  /** Submits one call. */
  submit(): void {
    this.#dice.pick(this.#actions)(this.#options());
  }

  /** Checks what tasks did to shared objects, once every call has settled. Returns what is wrong. */
  async end(): Promise<string[]> {
    const faults: string[] = [];
    const sum = await this.#sum.get();
    if (sum < this.#added || sum > this.#added + this.#maybeAdded) {
      faults.push(`wrong: ${this.#added} added under the lock, ${this.#maybeAdded} perhaps, and the sum is ${sum}`);
    }
    const guard = await this.#lock.acquire({ timeoutMs: 30_000 });
    await guard.release();
    const left = await this.#drain();
    const seen = [...this.#taken, ...left];
    if (new Set(seen).size !== seen.length) faults.push("doubled: an item of the queue was taken twice");
    for (const item of seen) {
      if (!this.#given.has(item)) faults.push(`wrong: item ${item} was taken and never given`);
    }
    this.#queue.close();
    this.#lock.close();
    await this.#manager[Symbol.asyncDispose]();
    return faults;
  }

  async #drain(): Promise<number[]> {
    const items: number[] = [];
    while (!await this.#queue.empty()) items.push(await this.#queue.get());
    return items;
  }

  readonly #actions: readonly Action[] = [
    ...Array(12).fill((options: TaskOptions) => {
      const n = this.#dice.below(1000);
      this.#call("double", [n], options, (value) => value === 2 * n);
    }),
    (options) => this.#call("nap", [this.#dice.below(20)], options, (value, id) => value === id),
    (options) => this.#call("spin", [this.#dice.below(10)], options, (value, id) => value === id),
    (options) => this.#call("print", [this.#dice.below(5000)], options, (value, id) => value === id),
    (options) => {
      if (this.#dice.chance(0.1)) this.#call("loopForever", [], { ...options, timeoutMs: 50 }, () => false);
    },
    (options) => this.#call("fail", [], options, () => false, (error) => error instanceof RangeError),
    (options) => this.#dice.chance(0.1) ? this.#call("exit", [this.#dice.below(3)], options, () => false) : undefined,
    (options) => this.#bytes(options),
    (options) => this.#map(options),
    (options) => this.#imap(options),
    (options) => this.#give(options),
    (options) => this.#take(options),
    (options) => this.#add(options),
  ];

  #bytes(options: TaskOptions): void {
    const [sent, back] = [this.#dice.below(this.#dice.pick([100, 100_000, 1_000_000])), this.#dice.below(100_000)];
    this.#call("bytes", [new Uint8Array(sent), back], options, (value, id) => {
      const answer = value as { sent: number; back: Uint8Array };
      return answer.sent === sent && answer.back.length === back && answer.back.every((byte) => byte === id % 10);
    });
  }

  #map(options: TaskOptions): void {
    const items = Array.from({ length: this.#dice.below(400) }, (_, n) => n);
    const right = (value: unknown): boolean => isSquares(value as number[]);
    this.#follow("map", [], options, this.#pool.map("square", items, options), right);
  }

  #imap(options: TaskOptions): void {
    const items = Array.from({ length: 60 }, (_, n) => n);
    const take = this.#dice.below(80);
    const some = async (): Promise<number[]> => {
      const squares: number[] = [];
      for await (const square of this.#pool.imap("square", items, { ...options, chunkSize: 1 + take % 7 })) {
        if (squares.length === take) break;
        squares.push(square);
      }
      return squares;
    };
    this.#follow("imap", [], options, some(), (value) => isSquares(value as number[]));
  }

  #give(options: TaskOptions): void {
    const item = this.#nextItem++;
    this.#given.add(item);
    // A second try would put the item in twice.
    this.#call("give", [this.#queue, item], { ...options, retries: 0 }, (value) => value === item);
  }

  /** Takes an item, after one was put in for it, so that nobody waits for ever. */
  #take(options: TaskOptions): void {
    const item = this.#nextItem++;
    this.#given.add(item);
    void this.#queue.put(item);
    this.#call("take", [this.#queue], { ...options, timeoutMs: 20_000 }, (value) => {
      this.#taken.push(value as number);
      return this.#given.has(value as number);
    });
  }

  #add(options: TaskOptions): void {
    // Each try that dies between its two steps may have added too.
    this.#maybeAdded += 1 + (options.retries ?? 0);
    const added = (): boolean => {
      this.#maybeAdded--;
      this.#added++;
      return true;
    };
    this.#call("addUnderLock", [this.#lock, this.#sum], options, added);
  }

  #call(
    name: keyof Tasks & string,
    args: unknown[],
    options: TaskOptions,
    isRight: (value: unknown, id: number) => boolean,
    mayThrow: (error: unknown) => boolean = () => false,
  ): void {
    const order: Order = { id: this.#ledger.id(), runs: this.#runs };
    const outcome = (this.#pool as unknown as Pool).apply(name, [order, ...args], options);
    this.#follow(name, [order.id], options, outcome, (value) => isRight(value, order.id), mayThrow);
  }

  #follow(
    kind: string,
    ids: number[],
    options: TaskOptions,
    outcome: Promise<unknown>,
    isRight: (value: unknown) => boolean,
    mayThrow: (error: unknown) => boolean = () => false,
  ): void {
    const mayFail = (error: unknown): boolean => mayThrow(error) || isLegal(error, options);
    const call: Call = { kind, ids, mayRun: 1 + (options.retries ?? 0), isRight, mayFail };
    void this.#ledger.follow(call, outcome);
  }

  #options(): TaskOptions {
    const dice = this.#dice;
    return {
      ...(dice.chance(0.1) ? { timeoutMs: 20 + dice.below(2000) } : {}),
      ...(dice.chance(0.2) ? { retries: 1 + dice.below(3) } : {}),
      ...(dice.chance(0.1) ? { signal: AbortSignal.timeout(1 + dice.below(2000)) } : {}),
      ...(dice.chance(0.1) ? { priority: dice.below(5) } : {}),
      ...(dice.chance(0.1) ? { key: String(dice.below(4)) } : {}),
    };
  }
}

/** Whether an error is one that a call with these options may get while workers are killed. */
function isLegal(error: unknown, { timeoutMs, signal, retries }: TaskOptions): boolean {
  if (error instanceof TaskTimeoutError) return timeoutMs !== undefined;
  if (error instanceof PoisonTaskError) return retries !== undefined;
  if (signal?.aborted && error === signal.reason) return true;
  return error instanceof WorkerExitError;
}

function isSquares(values: readonly number[]): boolean {
  return values.every((value, n) => value === n * n);
}
