/**
 * Queues between two children and a pipe to a child, beside CPython's where `python3` may run:
 *
 *     deno bench --allow-read --allow-run=deno,python3 bench/queue_bench.ts
 *
 * Python's `put()` does not wait until anybody has the item: a thread sends it later. What compares with it is a writer that keeps
 * some puts in flight.
 */
import { type Connection, Pipe, Pool, Queue } from "../mod.ts";

const ITEMS = 5000;
const ROUNDS = { n: 10, warmup: 2 };
const SCRIPT = new URL("queue_bench.py", import.meta.url);

const pool = new Pool({ workers: 3 });
await pool.ready();

async function putOften(queue: Queue<number>, items: number): Promise<void> {
  for (let n = 0; n < items; n++) await queue.put(n);
}

async function putAhead(queue: Queue<number>, items: number): Promise<void> {
  const puts: Promise<void>[] = [];
  for (let n = 0; n < items; n++) {
    puts.push(queue.put(n));
    if (puts.length === 64) await puts.shift();
  }
  await Promise.all(puts);
}

async function getOften(queue: Queue<number>, items: number): Promise<void> {
  for (let n = 0; n < items; n++) await queue.get();
}

async function loop(queue: Queue<number>, items: number): Promise<void> {
  for await (const _ of queue) if (--items === 0) break;
}

type Move = (queue: Queue<number>, items: number) => Promise<void>;

function move(write: Move, read: Move, maxSize = 0): () => Promise<void> {
  return async () => {
    using queue = new Queue<number>(maxSize);
    await Promise.all([pool.apply(read, [queue, ITEMS]), pool.apply(write, [queue, ITEMS])]);
  };
}

async function echo(connection: Connection<number>): Promise<void> {
  for await (const message of connection) await connection.send(message);
}

const [ours, theirs] = Pipe<number>();
pool.apply(echo, [theirs]);

async function talk(): Promise<void> {
  for (let n = 0; n < ITEMS; n++) {
    await ours.send(n);
    await ours.recv();
  }
}

/** CPython's side, if it may run. */
class Python {
  readonly #process = new Deno.Command("python3", { args: [SCRIPT.pathname], stdin: "piped", stdout: "piped" }).spawn();
  readonly #writer = this.#process.stdin.getWriter();
  readonly #lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();

  static async start(): Promise<Python | undefined> {
    const { state } = await Deno.permissions.query({ name: "run", command: "python3" });
    if (state !== "granted") return undefined;
    const python = new Python();
    await python.#line();
    return python;
  }

  async #line(): Promise<void> {
    const { done } = await this.#lines.read();
    if (done) throw new Error("CPython's side has ended, its stderr says why");
  }

  async run(what: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${what} ${ITEMS}\n`));
    await this.#line();
  }
}

const python = await Python.start();

function peer(group: string, name: string, what: string): void {
  // An async function, or the runner would not wait.
  Deno.bench({
    group,
    name: `CPython: ${name}`,
    ignore: python === undefined,
    fn: async () => await python!.run(what),
  });
}

const queue = `${ITEMS} items from child to child`;
Deno.bench({ ...ROUNDS, group: queue, name: "64 puts in flight, for await", baseline: true }, move(putAhead, loop));
Deno.bench({ ...ROUNDS, group: queue, name: "await put(), for await" }, move(putOften, loop));
Deno.bench({ ...ROUNDS, group: queue, name: "await put(), await get()" }, move(putOften, getOften));
peer(queue, "Queue", "queue");
peer(queue, "Manager().Queue", "manager");

const bounded = `${ITEMS} items through a queue of 10`;
Deno.bench(
  { ...ROUNDS, group: bounded, name: "64 puts in flight, for await", baseline: true },
  move(putAhead, loop, 10),
);
Deno.bench({ ...ROUNDS, group: bounded, name: "await put(), await get()" }, move(putOften, getOften, 10));
peer(bounded, "Queue(10)", "bounded");

const pipe = `${ITEMS} round trips over a pipe`;
Deno.bench({ ...ROUNDS, group: pipe, name: "send(), recv()", baseline: true }, talk);
peer(pipe, "Pipe", "pipe");
