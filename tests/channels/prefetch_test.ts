/** Unit tests of loops over another process's queue, in memory: what lies at the reader's door is not lost. */
import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import { type Queue, QueueEmptyError, TimeoutError, type WaitOptions } from "../../mod.ts";
import { Prefetch } from "../../src/channels/prefetch.ts";
import { takeItem } from "../../src/channels/queue.ts";
import { type ObjectRef, REF } from "../../src/hub/handle.ts";
import { QueueObject } from "../../src/channels/queue_object.ts";
import { Hub } from "../../src/hub/hub.ts";
import { after } from "../../src/timer.ts";
import { requireFewMarks } from "../../src/wire/codec/checks.ts";
import { HubChild, makeHandle, quiesce } from "../helpers/simulated/hub_network.ts";

class LoopBench {
  readonly hub = new Hub();
  readonly queue: Queue<number>;
  readonly child = new HubChild(this.hub);
  readonly other = new HubChild(this.hub);
  readonly loop: Prefetch<number>;
  now = 0;

  constructor(readonly items: number, maxSize = 0) {
    this.queue = makeHandle(this.hub, "Queue", new QueueObject(maxSize, () => this.now));
    this.loop = new Prefetch(this.child.give(this.queue)[REF], () => this.now);
  }

  async fill(): Promise<void> {
    for (let n = 0; n < this.items; n++) await this.queue.put(n);
  }

  /** The loop's next item, in no time. */
  async next(): Promise<number> {
    let result: IteratorResult<number, void> | undefined;
    this.loop.next().then((one) => result = one);
    for (let n = 0; n < 1000 && result === undefined; n++) {
      await Promise.resolve();
      this.child.step();
    }
    return result!.value as number;
  }

  /** Reads until something lies at the door. Returns what was read. */
  async readUntilAhead(): Promise<number[]> {
    const read: number[] = [];
    while (this.items - read.length <= await this.queue.qsize()) read.push(await this.next());
    return read;
  }

  /** Leaves the loop. */
  async leave(): Promise<void> {
    const left = this.loop.return();
    await quiesce(this.child);
    await left;
  }

  async rest(): Promise<number[]> {
    const rest: number[] = [];
    while (!await this.queue.empty()) rest.push(await this.queue.get());
    return rest;
  }
}

/** Waits for something, while messages go to and fro one by one. */
async function settle<T>(child: HubChild, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const mark = (): void => void (isSettled = true);
  promise.then(mark, mark);
  for (let n = 0; n < 100_000 && !isSettled; n++) {
    await Promise.resolve();
    child.step();
  }
  return await promise;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

Deno.test("Queue's loop takes items ahead, in order, when it alone reads and is quick", async () => {
  const bench = new LoopBench(500);
  await bench.fill();
  const read = await bench.readUntilAhead();
  while (read.length < 400) read.push(await bench.next());
  assertEquals(read, upTo(400));
  await bench.leave();
  assertEquals(await bench.rest(), upTo(500).slice(400));
});

Deno.test("Queue's loop keeps the order of items of every kind, whether they can travel together or not", async () => {
  const bench = new LoopBench(0);
  const kinds = [1, "text", null, { list: [true, 1.5] }, undefined, -0, new Date(7), 10n, new Uint8Array([1, 2]), [[]]];
  const items = Array.from({ length: 300 }, (_, n) => kinds[(n * 7 + (n >> 5)) % kinds.length]);
  for (const item of items) await bench.queue.put(item as number);
  const read = [];
  for (let n = 0; n < 300; n++) read.push(await bench.next());
  assertEquals(read as unknown[], items);
  await bench.leave();
});

Deno.test("Queue's loop gets in one message no more than its process takes of a worker", async () => {
  const bench = new LoopBench(0);
  const kinds = ['"'.repeat(300_000), '"'.repeat(30_000), "a", Array(10_000).fill([]), ["字".repeat(30_000)]];
  const items = Array.from({ length: 200 }, (_, n) => kinds[(n * 7 + (n >> 4)) % kinds.length]);
  for (const item of items) await bench.queue.put(item as never);
  const { toChild } = bench.child;
  const append = toChild.append.bind(toChild);
  const texts: string[] = [];
  toChild.append = (text, parts) => {
    texts.push(text);
    append(text, parts);
  };
  for (const item of items) assertEquals(await bench.next() as unknown, item);
  for (const text of texts) {
    assert(new TextEncoder().encode(text).length <= 256 * 1024, `${text.length} characters`);
    requireFewMarks(text);
  }
  await bench.leave();
});

Deno.test("Queue's loop keeps the order when it is slow now and then, and what is ahead goes back", async () => {
  const bench = new LoopBench(600);
  await bench.fill();
  const read: number[] = [];
  for (let n = 0; n < 500; n++) {
    read.push(await bench.next());
    // While some of it is still on its way, too.
    if (n % 37 === 0 || (n % 5 === 0 && bench.child.toChild.size > 0)) bench.now += 10;
  }
  assertEquals(read, upTo(500));
  await bench.leave();
  assertEquals(await bench.rest(), upTo(600).slice(500));
});

Deno.test("Queue's loop gives back what lies at its door when its process dies", async () => {
  const bench = new LoopBench(200);
  await bench.fill();
  const read = await bench.readUntilAhead();
  bench.child.die();
  assertEquals([...read, ...await bench.rest()], upTo(200));
  // A process that dies takes its timers with it; this one lives in the test's.
  void bench.loop.return();
});

Deno.test("Queue counts what a loop has prefetched: it never holds more than its maxSize, also when that comes back", async () => {
  const bench = new LoopBench(0, 10);
  const [written, read]: [number[], number[]] = [[], []];
  const fillUp = async () => {
    while (!await bench.queue.full()) await bench.queue.put(written.push(0));
  };
  for (let n = 0; n < 40; n++) {
    await fillUp();
    read.push(await bench.next());
  }
  await fillUp();
  assertLess(await bench.queue.qsize(), written.length - read.length, "nothing is prefetched");
  await bench.leave();
  assertEquals(await bench.queue.qsize(), written.length - read.length);
  assertLessOrEqual(await bench.queue.qsize(), 10);
  await fillUp();
  assertEquals([await bench.queue.qsize(), await bench.queue.get()], [10, 41]);
  assertEquals(read, written.map((_, n) => n + 1).slice(0, 40));
});

Deno.test("Queue's loop gives back what it has prefetched, before anything else is sent, when it is left", async () => {
  const bench = new LoopBench(200);
  await bench.fill();
  const read = await bench.readUntilAhead();
  let isLeft = false;
  bench.loop.return().then(() => isLeft = true);
  for (let n = 0; n < 1000 && !isLeft; n++) {
    await Promise.resolve();
    // What was asked for before is answered, and given back.
    if (n % 10 === 9 && !bench.child.toChild.deliver() && !isLeft) bench.child.toParent.deliver();
  }
  assert(isLeft);
  const kinds = bench.child.toParent.messages.map(([kind]) => kind);
  assert(kinds.length > 0 && kinds.every((kind) => kind === "requeue"), `${kinds}`);
  while (bench.child.toParent.deliver());
  assertEquals([...read, ...await bench.rest()], upTo(200));
  assertEquals(await bench.loop.next(), { done: true, value: undefined });
});

Deno.test("Queue's loop can be left while the owner is silent, and what that sends later goes back", async () => {
  const bench = new LoopBench(200);
  await bench.fill();
  const read = await bench.readUntilAhead();
  // What it asks for last stays unanswered.
  while (
    !bench.child.toParent.messages.some(([kind, , , operation]) => kind === "request" && operation === "prefetch")
  ) {
    read.push(await bench.next());
  }
  assertEquals(await bench.loop.return(), { done: true, value: undefined });
  await quiesce(bench.child);
  assertEquals([...read, ...await bench.rest()], upTo(200));
});

Deno.test("Queue's loop gives back what lies at its door when it is slow", async () => {
  const bench = new LoopBench(200);
  await bench.fill();
  const read = await bench.readUntilAhead();
  // Longer than items may lie there: timers fire in their order.
  bench.now += 20;
  await new Promise<void>((resolve) => void after(20, resolve));
  await quiesce(bench.child);
  assertEquals(await bench.queue.qsize(), 200 - read.length);
  assertEquals(await bench.next(), read.length);
  await bench.leave();
});

Deno.test("Queue's loop leaves the next items to code of its process that asks for them meanwhile", async () => {
  const bench = new LoopBench(300);
  await bench.fill();
  const theirs = bench.child.give(bench.queue);
  const read = await bench.readUntilAhead();
  while (read.length < 250) {
    read.push(await bench.next());
    const size = theirs.qsize();
    const got = read.length % 3 === 0 ? theirs.get() : theirs.getNowait();
    await quiesce(bench.child);
    assertEquals(await size, 300 - read.length);
    read.push(await got);
  }
  assertEquals(read, upTo(300).slice(0, read.length));
  await bench.leave();
});

Deno.test("Queue's loops of one process each keep the order, and so does what asks beside them", async () => {
  const bench = new LoopBench(900);
  await bench.fill();
  const theirs = bench.child.give(bench.queue);
  const second = new Prefetch<number>(theirs[REF], () => bench.now);
  const seen: Record<string, number[]> = { first: [], second: [], get: [] };
  const read = async (name: string, next: () => Promise<number>, count: number): Promise<void> => {
    while (seen[name]!.length < count) seen[name]!.push(await next());
  };
  const value = ({ value }: IteratorResult<number, void>): number => value as number;
  // Alone at first, or nothing is prefetched.
  await settle(bench.child, read("first", async () => value(await bench.loop.next()), 100));
  await settle(
    bench.child,
    Promise.all([
      read("first", async () => {
        // Slow now and then: what it has goes back.
        if (seen.first!.length % 17 === 0) bench.now += 10;
        return value(await bench.loop.next());
      }, 300),
      read("second", async () => value(await second.next()), 300),
      read("get", () => theirs.get(), 200),
    ]),
  );
  for (const items of Object.values(seen)) assertEquals(items, items.toSorted((a, b) => a - b));
  await bench.leave();
  await settle(bench.child, second.return());
  const all = [...Object.values(seen).flat(), ...await bench.rest()];
  assertEquals(all.toSorted((a, b) => a - b), upTo(900));
});

Deno.test("Queue.get() ends by its time and its signal while the owner does not answer a loop of the same process", async () => {
  let [calls, going] = [0, 0];
  const refOf = (recall: () => Promise<void>): ObjectRef =>
    ({
      prefetch: { recall, goOn: () => void going++ },
      call: (_operation: string, _args: unknown[], { timeoutMs }: WaitOptions) => {
        calls++;
        return timeoutMs === undefined || timeoutMs > 0
          ? Promise.resolve(timeoutMs)
          : Promise.reject(new TimeoutError());
      },
    }) as unknown as ObjectRef;
  const silent = refOf(() => new Promise(() => {}));
  await assertRejects(() => takeItem(silent, { timeoutMs: 1 }), QueueEmptyError, "has not answered");
  await assertRejects(() => takeItem(silent, { signal: AbortSignal.abort(new Error("enough")) }), Error, "enough");
  await assertRejects(() => takeItem(silent, 5 as never), TypeError, "the options are 5");
  assertEquals([calls, going], [0, 2]);
  const answering = refOf(() => Promise.resolve());
  const leftMs = await takeItem(answering, { timeoutMs: 60_000 }) as number;
  assert(0 < leftMs && leftMs <= 60_000);
  assertEquals(await takeItem(answering), undefined);
});

Deno.test("Queue hands out nothing ahead when another process reads too", async () => {
  const bench = new LoopBench(200);
  await bench.fill();
  const theirs = bench.other.give(bench.queue);
  let ahead = 0;
  for (let taken = 0; taken < 150; taken += 2) {
    await bench.next();
    const get = theirs.get();
    await quiesce(bench.other);
    await get;
    ahead = Math.max(ahead, 200 - taken - 2 - await bench.queue.qsize());
  }
  assertEquals(ahead, 0);
  // And again when it has been alone for a while.
  await bench.next();
  bench.now += 50;
  for (let n = 0; n < 40; n++) await bench.next();
  assertGreater(10, await bench.queue.qsize());
  await bench.leave();
});

Deno.test("Queue gives another reader what the loop gives back, and nothing that comes after it before", async () => {
  const bench = new LoopBench(200);
  await bench.fill();
  const theirs = bench.other.give(bench.queue);
  const read = await bench.readUntilAhead();
  const first = bench.queue.get();
  const second = theirs.get();
  let got = false;
  Promise.race([first, second]).then(() => got = true);
  const refused = theirs.getNowait().catch((error) => error.name);
  await quiesce(bench.other);
  assert(!got);
  assertEquals(await refused, "QueueEmptyError");
  const left = bench.loop.return();
  await quiesce(bench.child, bench.other);
  await left;
  assertEquals([await first, await second], [read.length, read.length + 1]);
  assertEquals(await bench.rest(), upTo(200).slice(read.length + 2));
});

Deno.test("Queue gives another reader the next item when the loop has taken all that lay ahead, and tells the end of a closed one", async () => {
  const bench = new LoopBench(60);
  await bench.fill();
  const theirs = bench.other.give(bench.queue);
  const read = await bench.readUntilAhead();
  const ahead = 60 - read.length - await bench.queue.qsize();
  const rest = Array.from({ length: 61 - read.length }, () => theirs.get().catch((error) => error.name));
  await quiesce(bench.other);
  bench.queue.close();
  for (let n = 0; n < ahead; n++) read.push(await bench.next());
  await quiesce(bench.child, bench.other);
  const expected = [...upTo(60).slice(read.length), ...Array(rest.length).fill("EndOfStreamError")];
  assertEquals(await Promise.all(rest), expected.slice(0, rest.length));
  assertEquals(read, upTo(read.length));
  void bench.loop.return();
});

Deno.test("Queue gives another reader what lay ahead of a loop whose process died", async () => {
  const bench = new LoopBench(200);
  await bench.fill();
  const theirs = bench.other.give(bench.queue);
  const read = await bench.readUntilAhead();
  const first = theirs.get();
  await quiesce(bench.other);
  bench.child.die();
  await quiesce(bench.other);
  assertEquals(await first, read.length);
  void bench.loop.return();
});
