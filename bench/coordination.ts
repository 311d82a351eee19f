// deno-lint-ignore-file no-console
/**
 * What processes share, beside CPython's `multiprocessing` with the spawn method, in one run:
 *
 *     deno task bench:coordination [rounds, 7] [part of a row's name]
 *
 * Rounds of the two take turns, so that whatever else the machine does meets both. Each figure is a median.
 *
 * Python's `Queue.put()` does not wait until anybody has the item: a thread sends it later. What compares with it is a writer
 * with some puts in flight. A call of a manager's proxy waits for its answer, in Python always; calls in flight are shown beside it.
 */
import {
  type Acquirable,
  type Connection,
  type DictProxy,
  type ListProxy,
  Lock,
  Manager,
  Pipe,
  Pool,
  Queue,
  type ValueProxy,
} from "../mod.ts";

const SCRIPT = new URL("coordination.py", import.meta.url);
const ROUNDS = Number(Deno.args[0] ?? 7);
/** Engines compile what runs often. */
const WARM_MS = 1000;

interface Row {
  readonly what: string;
  /** CPython's row, which may serve several of ours. */
  readonly python: string;
  /** How many are moved, taken or called in a round, by each process. */
  readonly times: number;
  /** How many processes do that. @default 1 */
  readonly processes?: number;
  /** How many times as fast as CPython it should be; 0 for what is only there to compare. @default 1 */
  readonly goal?: number;
  run(times: number): Promise<unknown>;
}

// What children do. Each function is self-contained.

async function putAhead(queue: Queue<number>, times: number): Promise<void> {
  const puts: Promise<void>[] = [];
  for (let n = 0; n < times; n++) {
    puts.push(queue.put(n));
    if (puts.length === 1000) await Promise.all(puts.splice(0, 500));
  }
  await Promise.all(puts);
}

async function putOneByOne(queue: Queue<number>, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await queue.put(n);
}

async function loop(queue: Queue<number>, times: number): Promise<void> {
  for await (const _ of queue) if (--times === 0) break;
}

async function getOneByOne(queue: Queue<number>, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await queue.get();
}

async function take(lock: Acquirable, times: number): Promise<void> {
  for (let n = 0; n < times; n++) (await lock.acquire())[Symbol.dispose]();
}

/** The same, but that V8 takes its time for `using`. */
async function takeUsing(lock: Acquirable, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    using _guard = await lock.acquire();
  }
}

async function use(lock: Acquirable, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await lock.use(() => {});
}

async function echo(connection: Connection<number>): Promise<void> {
  for await (const message of connection) await connection.send(message);
}

/** As Python's `send()` does, this does not wait until the other side has the answer. */
async function echoAhead(connection: Connection<number>): Promise<void> {
  let sent: Promise<void> | undefined;
  for await (const message of connection) {
    await sent;
    sent = connection.send(message);
  }
  await sent;
}

async function setKeys(dict: DictProxy<number, number>, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await dict.set(n % 100, n);
}

async function setKeysAhead(dict: DictProxy<number, number>, times: number): Promise<void> {
  const calls: Promise<unknown>[] = [];
  for (let n = 0; n < times; n++) {
    calls.push(dict.set(n % 100, n));
    if (calls.length === 1000) await Promise.all(calls.splice(0, 500));
  }
  await Promise.all(calls);
}

async function append(list: ListProxy<number>, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await list.push(n);
}

async function appendAhead(list: ListProxy<number>, times: number): Promise<void> {
  const calls: Promise<unknown>[] = [];
  for (let n = 0; n < times; n++) {
    calls.push(list.push(n));
    if (calls.length === 1000) await Promise.all(calls.splice(0, 500));
  }
  await Promise.all(calls);
}

async function add(value: ValueProxy<number>, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await value.add(1);
}

/** A Deno process that sends back what it gets: what a message and its answer cost without corral. */
class BareEcho implements AsyncDisposable {
  readonly #process = new Deno.Command("deno", {
    args: ["run", "--no-prompt", new URL("peers/contenders/raw/echo.ts", import.meta.url).href],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  readonly #writer = this.#process.stdin.getWriter();
  readonly #reader = this.#process.stdout.getReader();

  async echo(times: number): Promise<void> {
    const message = new TextEncoder().encode('["response",12345,1,1,0,12345]');
    for (let n = 0; n < times; n++) {
      await this.#writer.write(message);
      for (let left = message.length; left > 0;) left -= (await this.#reader.read()).value!.length;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#reader.cancel();
    await this.#process.status;
  }
}

/** CPython's side. */
class Python implements AsyncDisposable {
  readonly #process = new Deno.Command("python3", { args: [SCRIPT.pathname], stdin: "piped", stdout: "piped" }).spawn();
  readonly #writer = this.#process.stdin.getWriter();
  readonly #output = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  #unread = "";

  static async start(): Promise<Python> {
    const python = new Python();
    await python.#line();
    return python;
  }

  /** How many seconds it took. */
  async run(row: string, times: number): Promise<number> {
    await this.#writer.write(new TextEncoder().encode(`${row} ${times}\n`));
    return Number(await this.#line());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#output.cancel();
    await this.#process.status;
  }

  async #line(): Promise<string> {
    while (!this.#unread.includes("\n")) {
      const { value, done } = await this.#output.read();
      if (done) throw new Error("CPython's side has ended, its stderr says why");
      this.#unread += value;
    }
    const [line, rest] = this.#unread.split("\n");
    this.#unread = rest!;
    return line!;
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1]!;

const pool = new Pool({ workers: 4 });
const manager = new Manager();
await using python = await Python.start();
await using bare = new BareEcho();
const lock = new Lock();
const dict = manager.dict<number, number>();
const list = manager.list<number>();
const value = manager.value(0);
const echoes = new Pool({ workers: 2 });
const pipes = [echo, echoAhead].map((answer) => {
  const [ours, theirs] = Pipe<number>();
  return { ours, echoed: echoes.apply(answer, [theirs]) };
});
await pool.ready();

type Move = (queue: Queue<number>, times: number) => Promise<void>;

function move(put: Move, get: Move, maxSize = 0): (times: number) => Promise<void> {
  return async (times) => {
    using queue = new Queue<number>(maxSize);
    await Promise.all([pool.apply(get, [queue, times]), pool.apply(put, [queue, times])]);
  };
}

function contend(turns: (lock: Acquirable, times: number) => Promise<void>, processes: number) {
  return async (times: number): Promise<unknown> =>
    await Promise.all(Array.from({ length: processes }, () => pool.apply(turns, [lock, times])));
}

function talk(pipe: number): (times: number) => Promise<void> {
  const { ours } = pipes[pipe]!;
  return async (times) => {
    for (let n = 0; n < times; n++) {
      await ours.send(n);
      await ours.recv();
    }
  };
}

const rows: readonly Row[] = [
  { what: "Queue, puts in flight, for await", python: "queue", times: 20_000, run: move(putAhead, loop) },
  { what: "Queue, await put(), await get()", python: "queue", times: 5_000, run: move(putOneByOne, getOneByOne) },
  { what: "Queue(10), puts in flight, for await", python: "bounded", times: 10_000, run: move(putAhead, loop, 10) },
  { what: "Lock, one child", python: "lock by 1", times: 100_000, run: contend(take, 1) },
  { what: "Lock, two children", python: "lock by 2", times: 100_000, processes: 2, run: contend(take, 2) },
  { what: "Lock, four children", python: "lock by 4", times: 50_000, processes: 4, run: contend(take, 4) },
  { what: "Lock, using, one child", python: "lock by 1", times: 100_000, run: contend(takeUsing, 1) },
  { what: "Lock.use(), one child", python: "lock by 1", times: 2_000, run: contend(use, 1) },
  { what: "Pipe, round trip", python: "pipe", times: 3_000, run: talk(0) },
  { what: "Pipe, round trip, answer in flight", python: "pipe", times: 3_000, run: talk(1) },
  {
    what: "No corral: echo between two Denos",
    python: "pipe",
    times: 3_000,
    goal: 0,
    run: (times) => bare.echo(times),
  },
  { what: "dict.set()", python: "dict", times: 3_000, goal: 3, run: (times) => pool.apply(setKeys, [dict, times]) },
  {
    what: "dict.set(), in flight",
    python: "dict",
    times: 5_000,
    goal: 3,
    run: (times) => pool.apply(setKeysAhead, [dict, times]),
  },
  { what: "list.push()", python: "list", times: 3_000, goal: 3, run: (times) => pool.apply(append, [list, times]) },
  {
    what: "list.push(), in flight",
    python: "list",
    times: 5_000,
    goal: 3,
    run: (times) => pool.apply(appendAhead, [list, times]),
  },
  { what: "value.add()", python: "value", times: 3_000, goal: 3, run: (times) => pool.apply(add, [value, times]) },
];

function count(perSecond: number): string {
  return Math.round(perSecond).toLocaleString("en").padStart(12);
}

/** The median rates of both. */
async function measure({ python: peer, times, processes = 1, run }: Row): Promise<{ ours: number; theirs: number }> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  const warmUntil = performance.now() + WARM_MS;
  do await run(times / 10); while (performance.now() < warmUntil);
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(times * processes / await secondsOf(() => run(times)));
    theirs.push(times * processes / await python.run(peer, times));
  }
  return { ours: median(ours), theirs: median(theirs) };
}

console.log(`${"a second".padEnd(38)}${"corral".padStart(12)}${"CPython".padStart(12)}   ratio  goal`);
for (const row of rows.filter(({ what }) => what.includes(Deno.args[1] ?? ""))) {
  const rate = await measure(row);
  const ratio = rate.ours / rate.theirs;
  const { what, goal = 1 } = row;
  const verdict = goal === 0 ? "" : `≥ ${goal} ${ratio >= goal ? "met" : "missed"}`;
  console.log(
    `${what.padEnd(38)}${count(rate.ours)}${count(rate.theirs)} ${ratio.toFixed(2).padStart(7)}  ${verdict}`,
  );
}
manager.close();
for (const { ours, echoed } of pipes) {
  ours.close();
  await echoed;
}
await Promise.all([pool.terminate(), echoes.terminate()]);
