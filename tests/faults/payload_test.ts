/** End-to-end tests of large arguments and results, and of the frame limit in both directions. */
// deno-lint-ignore-file no-console -- tasks print
import { assert, assertEquals, assertRejects } from "@std/assert";
import { OutOfMemoryError, PayloadTooLargeError, Pool } from "../../mod.ts";
import { sharedStep } from "../helpers/pools/shared_pool.ts";

const LIMIT = 64 * 1024;
// What a message adds to a value is part of the limit, and not promised exactly.
const NEAR = 512;

const size = (value: string | Uint8Array): number => value.length;
const text = (length: number): string => "x".repeat(length);
const bytes = (length: number): Uint8Array => new Uint8Array(length);
const accents = (length: number): string => "é".repeat(length / 2);

const steps: [name: string, fn: (pool: Pool) => Promise<void>][] = [];

/** A step of the test of all that is done about the frame limit. */
function aboutTheLimit(name: string, fn: (pool: Pool) => Promise<void>): void {
  steps.push([name, fn]);
}

aboutTheLimit("Pool.apply() takes arguments just below the frame limit", async (pool) => {
  assertEquals(await pool.apply(size, [text(LIMIT - NEAR)]), LIMIT - NEAR);
  assertEquals(await pool.apply(size, [bytes(LIMIT - NEAR)]), LIMIT - NEAR);
  assertEquals(await pool.apply(size, [accents(LIMIT - NEAR)]), (LIMIT - NEAR) / 2);
});

const MAKERS: Record<string, (length: number) => string | Uint8Array> = { text, bytes, accents };

for (const [kind, make] of Object.entries(MAKERS)) {
  const ways: Record<string, (pool: Pool, length: number) => Promise<unknown>> = {
    arguments: (pool, length) => pool.apply(size, [make(length)]),
    results: (pool, length) => pool.apply(make, [length]),
  };
  aboutTheLimit(
    `Pool.apply() either carries ${kind} arguments and results or rejects with PayloadTooLargeError when they are about at the limit`,
    async (pool) => {
      for (const [what, carry] of Object.entries(ways)) {
        let refused = 0;
        for (let length = LIMIT - 300; length <= LIMIT + 4; length += 2) {
          try {
            await carry(pool, length);
            assertEquals(refused, 0, `of ${what}, a larger one was carried after a smaller one was refused`);
          } catch (error) {
            assert(error instanceof PayloadTooLargeError, String(error));
            assertEquals(error.limitBytes, LIMIT);
            refused++;
          }
        }
        assert(refused >= 2, what);
      }
    },
  );
}

aboutTheLimit("Pool harms no worker when arguments, results, errors and progress exceed the limit", async (pool) => {
  await assertRejects(() => pool.apply(size, [text(LIMIT * 20)]), PayloadTooLargeError);
  await assertRejects(() => pool.apply(size, [bytes(LIMIT * 20)]), PayloadTooLargeError);
  await assertRejects(() => pool.apply(text, [LIMIT * 20]), PayloadTooLargeError);
  await assertRejects(() => pool.apply(bytes, [LIMIT * 20]), PayloadTooLargeError);
  await assertRejects(() => pool.map(text, [LIMIT * 20, 1]), PayloadTooLargeError);
  const thrown = await assertRejects(() =>
    pool.apply((length: number) => {
      throw new RangeError("x".repeat(length));
    }, [LIMIT * 20])
  );
  assert(thrown instanceof PayloadTooLargeError || thrown instanceof RangeError, String(thrown));
  assertEquals(await pool.apply(size, ["four"]), 4);
});

aboutTheLimit("Pool.map() and imap() give results that together exceed the frame limit", async (pool) => {
  const lengths = Array.from({ length: 10 }, (_, index) => 30_000 + index);
  for (const options of [{}, { chunkSize: 10 }, { chunkSize: 10, settle: true as const }]) {
    const results = await pool.map(text, lengths, options) as unknown[];
    const values = results.map((result) => typeof result === "string" ? result : (result as { value: string }).value);
    assertEquals(values.map(size), lengths);
  }
  assertEquals((await Array.fromAsync(pool.imap(bytes, lengths, { chunkSize: 5 }))).map(size), lengths);
});

aboutTheLimit(
  "Pool.map() with settle rejects only the items whose outcomes exceed the frame limit, and not the rest of their chunk",
  async (pool) => {
    const work = (item: number): unknown => {
      if (item < 0) throw Object.assign(new RangeError("thrown"), { field: "x".repeat(-item) });
      return item === 1 ? () => {} : "x".repeat(item);
    };
    const items = [10, LIMIT * 2, -30_000, 1, -30_001, 30_000, -LIMIT * 2, 20];
    const outcomes = await pool.map(work, items, { chunkSize: items.length, settle: true });
    const told = outcomes.map((outcome) =>
      outcome.status === "fulfilled" ? size(outcome.value as string) : outcome.reason.name
    );
    assertEquals(told, [
      10,
      "PayloadTooLargeError",
      "RangeError",
      "EncodingError",
      "RangeError",
      30_000,
      "PayloadTooLargeError",
      20,
    ]);
    await assertRejects(() => pool.map(work, [10, -30_000, 30_000], { chunkSize: 3 }), RangeError, "thrown");
    await assertRejects(() => pool.map(work, [10, 30_000, LIMIT * 2], { chunkSize: 3 }), PayloadTooLargeError);
    assertEquals(await pool.map(work, [3, 2], { chunkSize: 2 }), ["xxx", "xx"]);
  },
);

aboutTheLimit("Pool sends many tasks at once when together they exceed the frame limit", async (pool) => {
  const argument = text(20_000);
  const lengths = await Promise.all(Array.from({ length: 60 }, () => pool.apply(size, [argument])));
  assertEquals(lengths, lengths.map(() => 20_000));
});

// With one worker for all: so each step also finds what the ones before left behind.
Deno.test("what is about the frame limit or above it is carried or refused, and costs no worker", async (t) => {
  await using pool = new Pool({ workers: 1, maxFrameBytes: LIMIT });
  for (const [name, fn] of steps) {
    await sharedStep(t, name, () => fn(pool));
    assertEquals([pool.stats().workersStarted, pool.stats().workersLost], [1, 0], name);
  }
});

Deno.test("Pool prints more than the frame limit at once", async () => {
  await using pool = new Pool({ workers: 1, maxFrameBytes: LIMIT, onEvent: count });
  let printed = 0;
  function count(event: { type: string; bytes?: Uint8Array }): void {
    if (event.type === "output") printed += event.bytes!.length;
  }
  const print = (length: number): void => {
    const line = "\u001b[0m".repeat(length / 4);
    Deno.stderr.writeSync(new TextEncoder().encode(line));
    console.error(line);
  };
  await pool.apply(print, [LIMIT * 2]);
  assertEquals(printed, LIMIT * 4 + 1);
});

Deno.test("Pool refuses more than 256 MiB by default, in both directions, and serves on", async () => {
  await using pool = new Pool({ workers: 1 });
  const large = new Uint8Array(256 * 1024 * 1024);
  await assertRejects(() => pool.apply(size, [large]), PayloadTooLargeError);
  await assertRejects(() => pool.apply(bytes, [large.length]), PayloadTooLargeError);
  assertEquals(await pool.apply(size, ["four"]), 4);
  assertEquals(pool.stats().workersLost, 0);
});

Deno.test("Pool takes arguments, results and initArgs above 256 MiB when maxFrameBytes allows them", async () => {
  const large = new Uint8Array(257 * 1024 * 1024);
  const keep = (value: Uint8Array): void => void Object.assign(globalThis, { kept: value.length });
  await using pool = new Pool({
    workers: 1,
    maxFrameBytes: 2 ** 30,
    initializer: keep,
    initArgs: [large],
  });
  assertEquals(await pool.apply(() => (globalThis as unknown as { kept: number }).kept), large.length);
  assertEquals(await pool.apply(size, [large]), large.length);
  assertEquals((await pool.apply(bytes, [large.length])).length, large.length);
  assertEquals([pool.stats().workersStarted, pool.stats().workersLost], [1, 0]);
});

Deno.test("Pool ends no worker after worker by arguments that do not fit its memory", async () => {
  await using pool = new Pool({ workers: 1, memoryLimitMiB: 32 });
  await assertRejects(() => pool.apply(size, [text(60_000_000)]), OutOfMemoryError);
  assertEquals(await pool.apply(size, ["four"]), 4);
  assert(pool.stats().workersLost <= 1, `${pool.stats().workersLost} workers were lost`);
});

Deno.test("Pool carries 30 MB in and out together", async () => {
  await using pool = new Pool({ workers: 1 });
  const data = new Uint8Array(30_000_000).fill(7);
  data[29_999_999] = 9;
  const [back, more] = await Promise.all([
    pool.apply((value: Uint8Array) => value, [data]),
    pool.apply((length: number) => new Uint8Array(length).fill(3), [20_000_000]),
  ]);
  assertEquals([back.length, back[0], back[29_999_999], more.length, more[19_999_999]], [
    30_000_000,
    7,
    9,
    20_000_000,
    3,
  ]);
});

Deno.test("Pool delivers typed arrays in buffers of their own that are exactly as long", async () => {
  await using pool = new Pool({ workers: 1 });
  const whole = Float64Array.from({ length: 100 }, (_, index) => index);
  const views = [
    whole.subarray(10, 20),
    new Uint8Array(whole.buffer, 8, 3),
    new BigInt64Array([1n, -1n]),
    new Uint16Array(0),
  ];
  const sizes = await pool.apply(
    (arrays: (Float64Array | Uint8Array | BigInt64Array | Uint16Array)[]) =>
      arrays.map((array) => [array.constructor.name, array.byteOffset, array.length, array.buffer.byteLength]),
    [views],
  );
  assertEquals(sizes, [
    ["Float64Array", 0, 10, 80],
    ["Uint8Array", 0, 3, 3],
    ["BigInt64Array", 0, 2, 16],
    ["Uint16Array", 0, 0, 0],
  ]);
  const back = await pool.apply((arrays: typeof views) => arrays, [views]);
  assertEquals(back, views);
  for (const array of back) assertEquals([array.byteOffset, array.buffer.byteLength], [0, array.byteLength]);
  assertEquals(new Set(back.map(({ buffer }) => buffer)).size, back.length);
});

Deno.test("Pool carries 10 000 small typed arrays in one call", async () => {
  await using pool = new Pool({ workers: 1 });
  const arrays = Array.from({ length: 10_000 }, (_, index) => Uint32Array.of(index, index + 1));
  const sums = await pool.apply((all: Uint32Array[]) => all.map((one) => one[0]! + one[1]!), [arrays]);
  assertEquals(sums, arrays.map((_, index) => 2 * index + 1));
  assertEquals(await pool.map((one: Uint32Array) => one, arrays), arrays);
});

Deno.test("Pool.map() finds chunks that fit when items are large and quick", async () => {
  await using pool = new Pool({ workers: 1, maxFrameBytes: 1024 * 1024 });
  const items = Array.from({ length: 500 }, () => text(50_000));
  assertEquals(await pool.map(size, items), items.map(() => 50_000));
});

Deno.test("Pool gives a chunk as it was to a second try when workers die of some", async () => {
  const module = import.meta.resolve("../fixtures/tasks/report_attempt.ts");
  await using pool = new Pool<typeof import("../fixtures/tasks/report_attempt.ts")>({ workers: 2, retries: 1, module });
  const rows = Array.from({ length: 3000 }, (_, id) => ({ id, text: `${id % 10}`.repeat(400), dies: id % 300 === 0 }));
  assertEquals(await pool.map("outliveRow", rows, { chunkSize: 100 }), rows);
});
