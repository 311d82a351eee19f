/** End-to-end tests of pools to which everything happens at once, at random. CORRAL_TEST_SEED changes what. */
import { assertEquals } from "@std/assert";
import { Lock, type Pool, type PoolOptions, Queue, type TaskOptions } from "../../mod.ts";
import { Dice } from "../helpers/simulated/dice.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const SEED = Number(Deno.env.get("CORRAL_TEST_SEED") ?? 20_260_101);
/** Far more than anything here takes, also on a busy machine. */
const LIMIT_MS = 180_000;

const increment = (n: number): number => n + 1;
const nap = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const spin = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
};
const loopForever = (): void => {
  while (true);
};
const fail = (n: number): never => {
  throw new Error(`no ${n}`);
};
const exit = (code: number): never => Deno.exit(code);
const print = (size: number): number => Deno.stdout.writeSync(new Uint8Array(size).fill(46));
const feed = async (queue: Queue<number>, count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await queue.put(n);
};
const drain = async (queue: Queue<number>): Promise<number> => {
  let sum = 0;
  for await (const n of queue) sum += n;
  return sum;
};
const hold = async (lock: Lock, ms: number): Promise<void> => {
  using _turn = await lock.acquire();
  await new Promise((resolve) => setTimeout(resolve, ms));
};
const dieHolding = async (lock: Lock): Promise<void> => {
  using _turn = await lock.acquire();
  Deno.exit(9);
};

/** What may be done with a pool, and to it. */
class Chaos {
  readonly #pool: Pool;
  readonly #dice: Dice;
  readonly #queues = [new Queue<number>(), new Queue<number>(5)];
  readonly #lock = new Lock();
  /** The calls that were made, by name: `true` when they have settled. */
  readonly calls: { readonly name: string; settled: boolean }[] = [];
  readonly #outcomes: Promise<unknown>[] = [];

  constructor(pool: Pool, dice: Dice) {
    this.#pool = pool;
    this.#dice = dice;
  }

  /** Does something. */
  act(): void {
    const dice = this.#dice;
    const [name, start] = dice.pick(Object.entries(this.#actions));
    const call = { name, settled: false };
    this.calls.push(call);
    const done = (): void => void (call.settled = true);
    this.#outcomes.push((async () => await start())().then(done, done));
  }

  /** Ends what would wait for others, and waits for all calls. Returns the names of those that did not settle. */
  async end(): Promise<string[]> {
    for (const queue of this.#queues) queue.close();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LIMIT_MS);
    await Promise.race([Promise.all(this.#outcomes), late]);
    clearTimeout(timer);
    this.#lock.close();
    return this.calls.filter(({ settled }) => !settled).map(({ name }) => name);
  }

  readonly #actions: Readonly<Record<string, () => unknown>> = {
    call: () => this.#pool.apply(increment, [1], this.#options()),
    flood: () => Promise.all(this.#numbers(300).map((n) => this.#pool.apply(increment, [n]))),
    nap: () => this.#pool.apply(nap, [this.#dice.below(50)], this.#options()),
    spin: () => this.#pool.apply(spin, [this.#dice.below(30)], this.#options()),
    loopForever: () => this.#pool.apply(loopForever, [], { ...this.#options(), timeoutMs: 50 }),
    fail: () => this.#pool.apply(fail, [1], this.#options()),
    exit: () => this.#pool.apply(exit, [this.#dice.below(3)], this.#options()),
    print: () => this.#pool.apply(print, [this.#dice.below(200_000)], this.#options()),
    map: () => this.#pool.map(increment, this.#numbers(1000), this.#options()),
    mapThatFails: () => this.#pool.map(fail, this.#numbers(50), this.#options()),
    mapThatDies: () => this.#pool.map(exit, this.#numbers(3), { ...this.#options(), chunkSize: 1 }),
    imap: () => this.#takeSome(),
    imapUnordered: () => Array.fromAsync(this.#pool.imapUnordered(nap, this.#numbers(20), this.#options())),
    feed: () => this.#pool.apply(feed, [this.#dice.pick(this.#queues), 50], this.#options()),
    drain: () => this.#pool.apply(drain, [this.#dice.pick(this.#queues)], this.#options()),
    put: () => this.#dice.pick(this.#queues).put(1),
    get: () => this.#dice.pick(this.#queues).get(),
    hold: () => this.#pool.apply(hold, [this.#lock, this.#dice.below(20)], this.#options()),
    dieHolding: () => this.#pool.apply(dieHolding, [this.#lock], this.#options()),
    kill: () => this.#signal(this.#dice.pick(["SIGKILL", "SIGTERM"])),
    pause: async () => {
      const { pid } = this.#signal("SIGSTOP");
      await nap(this.#dice.below(30));
      Deno.kill(pid, "SIGCONT");
    },
  };

  async #takeSome(): Promise<void> {
    const most = this.#dice.below(300);
    const chunkSize = 1 + this.#dice.below(20);
    let taken = 0;
    for await (const _ of this.#pool.imap(increment, this.#numbers(300), { chunkSize, ...this.#options() })) {
      if (taken++ === most) break;
    }
  }

  #signal(signal: Deno.Signal): { pid: number } {
    const worker = this.#dice.pick(this.#pool.workers);
    Deno.kill(worker.pid, signal);
    return worker;
  }

  #numbers(count: number): number[] {
    return Array.from({ length: count }, (_, n) => n);
  }

  #options(): TaskOptions {
    const dice = this.#dice;
    return {
      ...(dice.chance(0.3) ? { timeoutMs: 20 + dice.below(300) } : {}),
      ...(dice.chance(0.3) ? { retries: dice.below(3) } : {}),
      ...(dice.chance(0.3) ? { signal: AbortSignal.timeout(1 + dice.below(300)) } : {}),
      ...(dice.chance(0.2) ? { priority: dice.below(5) } : {}),
      ...(dice.chance(0.2) ? { key: String(dice.below(4)) } : {}),
    };
  }
}

function poolOptions(dice: Dice): PoolOptions {
  return {
    workers: 1 + dice.below(3),
    concurrency: dice.pick([1, 1, 3]),
    ...(dice.chance(0.3) ? { maxTasksPerChild: 50 } : {}),
    ...(dice.chance(0.3) ? { idleTimeoutMs: 20 } : {}),
    output: "events",
    abortGraceMs: 100,
    killGraceMs: 300,
  };
}

for (const place of [1, 2, 3, 4]) {
  Deno.test(`Pool settles every call and leaves no process, whatever is done to it (${place})`, async () => {
    const dice = new Dice(SEED + place);
    await withPool(poolOptions(dice), async (pool) => {
      const chaos = new Chaos(pool, dice);
      for (let n = 0; n < 60; n++) {
        chaos.act();
        if (dice.chance(0.3)) await nap(dice.below(8));
      }
      if (dice.chance(0.5)) await pool.terminate();
      assertEquals(await chaos.end(), []);
    });
  });
}
