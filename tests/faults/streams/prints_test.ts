/** End-to-end tests of workers that print more than anybody takes. */
// deno-lint-ignore-file no-console -- tasks print
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type PoolEvent, Queue, TaskTimeoutError, WorkerExitError } from "../../../mod.ts";
import { assertServes, withPool } from "../../helpers/pools/with_pool.ts";

/** A MiB, what lies in the pipes, and what one read may bring beyond. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Counts what is printed, and says that it was taken when the test wants it to be. */
class Taker {
  bytes = 0;
  /** Settles when the worker is read no further, or hardly: what a print costs beside its bytes counts as well. */
  readonly full = Promise.withResolvers<void>();
  readonly #taken: () => Promise<void>;

  constructor(taken: () => Promise<void>) {
    this.#taken = taken;
  }

  readonly onEvent = (event: PoolEvent): Promise<void> | undefined => {
    if (event.type !== "output") return undefined;
    this.bytes += event.bytes.length;
    if (this.bytes >= 0.4 * MOST_BYTES) this.full.resolve();
    return this.#taken();
  };
}

function never(): Promise<void> {
  return new Promise(() => {});
}

function printForEver(length: number): void {
  const line = "x".repeat(length);
  while (true) console.log(line);
}

/** By the descriptor: the library hears nothing of it but what comes out of the pipe. */
async function writeForEver(length: number): Promise<void> {
  const { writeSync } = await import("node:fs");
  const line = new TextEncoder().encode("x".repeat(length) + "\n");
  while (true) writeSync(2, line);
}

Deno.test("a worker prints no further than a MiB ahead of who takes it, and holds nobody else up", async () => {
  // With the long line that is so at once, before anybody can know that the task is no short one.
  for (const length of [9999, 1_000_000]) {
    const taker = new Taker(never);
    await withPool({ workers: 2, output: "events", onEvent: taker.onEvent }, async (pool) => {
      await pool.map(Math.sqrt, Array.from({ length: 1000 }, (_, n) => n), { chunkSize: 1 });
      const stop = new AbortController();
      // Who has just answered is sent more than one.
      await pool.apply(Math.sqrt, [4]);
      const printing = pool.apply(printForEver, [length], { signal: stop.signal });
      printing.catch(() => {});
      // Some of these are sent ahead, behind the task that prints.
      await Promise.all(Array.from({ length: 100 }, () => pool.apply(Math.sqrt, [4])));
      await taker.full.promise;
      for (let n = 0; n < 100; n++) assertEquals(await pool.apply(Math.sqrt, [n * n]), n);
      stop.abort();
      await assertRejects(() => printing, DOMException);
      await assertServes(pool);
      assert(taker.bytes < MOST_BYTES, `${taker.bytes} bytes were read`);
    });
  }
});

Deno.test("a time limit ends a worker that prints into a pipe which nobody reads, whatever it prints by", async () => {
  for (const print of [printForEver, writeForEver]) {
    const taker = new Taker(never);
    await withPool({ workers: 1, output: "events", onEvent: taker.onEvent }, async (pool) => {
      await assertRejects(() => pool.apply(print, [9999], { timeoutMs: 1500 }), TaskTimeoutError);
      await assertServes(pool);
      assert(taker.bytes < MOST_BYTES, `${taker.bytes} bytes were read`);
    });
  }
});

Deno.test("all that a task prints is told before its answer, in order, however slowly it is taken", async () => {
  const queue: (() => void)[] = [];
  const taker = new Taker(() => new Promise((resolve) => queue.push(resolve)));
  const taking = setInterval(() => queue.splice(0, 20).forEach((taken) => taken()), 1);
  const printed: number[] = [];
  const onEvent = (event: PoolEvent): Promise<void> | undefined => {
    if (event.type === "output") printed.push(Number(new TextDecoder().decode(event.bytes.subarray(0, 5))));
    return taker.onEvent(event);
  };
  try {
    await withPool({ workers: 1, output: "events", onEvent }, async (pool) => {
      await pool.apply(() => {
        for (let n = 10_000; n < 10_400; n++) console.log(`${n}${"x".repeat(9994)}`);
      });
      assertEquals(taker.bytes, 400 * 10_000);
      assertEquals(printed, Array.from({ length: 400 }, (_, n) => 10_000 + n));
    });
  } finally {
    clearInterval(taking);
  }
});

Deno.test("no task starts twice when an answer lies in a pipe that is not read", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/started`;
  let queue: (() => void)[] = [];
  const taker = new Taker(() => new Promise((resolve) => queue.push(resolve)));
  // Seldom: what was sent ahead is looked for meanwhile.
  const taking = setInterval(() => queue = (queue.forEach((taken) => taken()), []), 100);
  const permissions = { write: [folder] };
  const options = { workers: 2, output: "events", onEvent: taker.onEvent, permissions } as const;
  const print = (n: number, file: string): void => {
    Deno.writeTextFileSync(file, `${n}\n`, { append: true });
    console.log("x".repeat(3000));
  };
  try {
    await withPool(options, async (pool) => {
      const numbers = Array.from({ length: 4000 }, (_, n) => n);
      await Promise.all(numbers.map((n) => pool.apply(print, [n, file])));
      const started = (await Deno.readTextFile(file)).trimEnd().split("\n").map(Number);
      assertEquals(started.sort((a, b) => a - b), numbers);
    });
  } finally {
    clearInterval(taking);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a promise that rejects counts as taken, and what is not a promise is not waited for", async () => {
  const rest: (() => unknown)[] = [() => 7, () => ({ then: 1 }), () => Promise.reject(new Error("not written"))];
  let bytes = 0;
  // What rejects is told on stderr; one is enough.
  const onEvent = (event: PoolEvent): unknown =>
    event.type === "output" ? (bytes += event.bytes.length, rest.pop()?.()) : 0;
  await withPool({ workers: 1, output: "events", onEvent }, async (pool) => {
    await pool.apply(() => {
      for (let n = 0; n < 300; n++) console.log("x".repeat(9999));
    });
    assertEquals(bytes, 300 * 10_000);
  });
});

Deno.test("memoryLimitMiB ends a worker also when nobody reads its stderr, on which it would say why", async () => {
  const taker = new Taker(never);
  const options = { workers: 1, memoryLimitMiB: 64, output: "events", onEvent: taker.onEvent } as const;
  await withPool(options, async (pool) => {
    const go = new Queue<null>();
    const growing = pool.apply(
      async (go: Queue<null>) => {
        const told = go.get();
        // A thread has a console of its own, and is what stands still.
        const source = 'const line = "x".repeat(9999); while (true) console.error(line);';
        new Worker(`data:text/javascript,${encodeURIComponent(source)}`, { type: "module" });
        await told;
        const kept = Array.from({ length: 200 }, (_, n) => new Uint8Array(1024 * 1024).fill(n + 1));
        await new Promise((resolve) => setTimeout(resolve, 1e6));
        return kept.length;
      },
      [go],
      { timeoutMs: 60_000 },
    );
    growing.catch(() => {});
    await taker.full.promise;
    await go.put(null);
    assertInstanceOf(await growing.catch((error) => error), WorkerExitError);
    assert(taker.bytes < MOST_BYTES, `${taker.bytes} bytes were read`);
  });
});
