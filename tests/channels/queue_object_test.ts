/** Unit tests of queues, in memory: readers and writers that die at every step. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ClosedError, EncodingError, EndOfStreamError, Queue, QueueFullError } from "../../mod.ts";
import { QueueObject } from "../../src/channels/queue_object.ts";
import { Hub } from "../../src/hub/hub.ts";
import { HubChild, makeHandle, quiesce, turn } from "../helpers/simulated/hub_network.ts";

type Command =
  | { kind: "put" | "get" | "down" | "up" | "die"; child: number }
  | { kind: "ownPut" | "ownGet" };

const child = fc.nat({ max: 3 });
const kinds = (kind: "put" | "get" | "down" | "up" | "die") => fc.record({ kind: fc.constant(kind), child });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: kinds("put") },
  { weight: 3, arbitrary: kinds("get") },
  { weight: 6, arbitrary: kinds("down") },
  { weight: 6, arbitrary: kinds("up") },
  { weight: 1, arbitrary: kinds("die") },
  fc.constant({ kind: "ownPut" as const }),
  fc.constant({ kind: "ownGet" as const }),
);

// Children 0 and 1 are the owner's, 2 and 3 are behind child 1.
Deno.test("Queue hands each accepted item to one reader, whichever processes die between any two messages", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 80 }), fc.nat({ max: 3 }), async (commands, maxSize) => {
      const hub = new Hub();
      const queue = makeHandle<Queue<number>>(hub, "Queue", new QueueObject(maxSize));
      const first = new HubChild(hub);
      const second = new HubChild(hub);
      const children = [first, second, new HubChild(second.hub), new HubChild(second.hub)];
      const handles: Queue<number>[] = [first.give(queue), second.give(queue)];
      handles.push(children[2]!.give(handles[1]!), children[3]!.give(handles[1]!));
      const dead = new Set<number>();
      const accepted = new Set<number>();
      const received: number[] = [];
      let last = 0;
      const put = (handle: Queue<number>): void => {
        const item = ++last;
        handle.put(item).then(() => accepted.add(item), () => {});
      };
      const get = (handle: Queue<number>): void => {
        handle.get().then((item) => received.push(item), () => {});
      };
      const kill = (index: number): void => {
        if (dead.has(index)) return;
        dead.add(index);
        if (index === 1) [2, 3].forEach((behind) => dead.add(behind));
        children[index]!.die();
      };
      for (const { kind, ...rest } of commands) {
        const index = (rest as { child: number }).child;
        if (kind === "ownPut") put(queue);
        else if (kind === "ownGet") get(queue);
        else if (dead.has(index)) continue;
        else if (kind === "put") put(handles[index]!);
        else if (kind === "get") get(handles[index]!);
        else if (kind === "down") children[index]!.toChild.deliver();
        else if (kind === "up") children[index]!.toParent.deliver();
        else kill(index);
        if (kind === "down" || kind === "up") await Promise.resolve().then(() => {}).then(() => {});
      }
      await quiesce(...children.filter((_, index) => !dead.has(index)));
      // The readers that are left may wait for ever: what they have not got by now, nobody has.
      const rest: number[] = [];
      [3, 2, 1, 0].forEach(kill);
      await turn();
      while (!await queue.empty()) rest.push(await queue.getNowait());
      const seen = [...received, ...rest];
      assertEquals(new Set(seen).size, seen.length, "twice");
      for (const item of accepted) assert(seen.includes(item), `${item} was lost`);
      await quiesce();
    }),
    { numRuns: 150 },
  );
});

Deno.test("Queue keeps the order of what comes back, in whatever order its readers die", async () => {
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]) {
    const hub = new Hub();
    const queue = makeHandle<Queue<number>>(hub, "Queue", new QueueObject(0));
    for (let n = 0; n < 5; n++) await queue.put(n);
    const children = [0, 1, 2].map(() => new HubChild(hub));
    for (const child of children) {
      child.give(queue).get().catch(() => {});
      child.toParent.deliver();
    }
    assertEquals(await queue.qsize(), 2);
    for (const index of order) children[index]!.die();
    const items: number[] = [];
    while (!await queue.empty()) items.push(await queue.get());
    assertEquals(items, [0, 1, 2, 3, 4]);
  }
});

Deno.test("Queue.put() waits its turn: nobody who comes later takes the room", async () => {
  const queue = new Queue<string>(1);
  await queue.put("a");
  const waiting = queue.put("b");
  const [, late] = [queue.get(), queue.putNowait("c")];
  await assertRejects(() => late, QueueFullError);
  await waiting;
  assertEquals(await queue.get(), "b");
});

Deno.test("Queue.put() that was aborted or timed out puts nothing", async () => {
  const queue = new Queue<number>(1);
  await queue.put(0);
  const abort = new AbortController();
  const puts = [queue.put(1, { signal: abort.signal }), queue.put(2, { timeoutMs: 5 })];
  const last = queue.put(3);
  abort.abort("no");
  const [aborted, late] = await Promise.allSettled(puts) as PromiseRejectedResult[];
  assertEquals([aborted!.reason, late!.reason.name], ["no", "QueueFullError"]);
  assertEquals(await queue.get(), 0);
  await last;
  assertEquals([await queue.get(), await queue.empty()], [3, true]);
});

Deno.test("Queue.put() copies the item, so that neither side sees the other's changes", async () => {
  const queue = new Queue<{ list: number[]; bytes: Uint8Array }>();
  const item = { list: [1], bytes: new Uint8Array([1]) };
  await queue.put(item);
  item.list.push(2);
  item.bytes[0] = 9;
  const got = await queue.get();
  assertEquals(got, { list: [1], bytes: new Uint8Array([1]) });
});

Deno.test("Queue.put() rejects what cannot travel, and the queue stays as it was", async () => {
  const queue = new Queue<unknown>();
  await queue.put(1);
  for (const bad of [() => {}, Symbol("x"), { deep: [class A {}] }, new WeakMap()]) {
    await assertRejects(() => queue.put(bad), EncodingError);
  }
  await queue.put(2);
  assertEquals([await queue.qsize(), await queue.get(), await queue.get()], [2, 1, 2]);
});

Deno.test("Queue.close() by its maker leaves the items to the others, who then come to the end", async () => {
  const hub = new Hub();
  const queue = makeHandle<Queue<number>>(hub, "Queue", new QueueObject(2));
  const child = new HubChild(hub);
  const theirs = child.give(queue);
  await queue.put(1);
  await queue.put(2);
  const own = assertRejects(() => queue.put(3), ClosedError);
  const blocked = assertRejects(() => theirs.put(4), EndOfStreamError);
  await quiesce(child);
  queue.close();
  queue.close();
  await own;
  for (const call of [queue.put(1), queue.get(), queue.getNowait(), queue.empty(), queue.qsize(), queue.full()]) {
    await assertRejects(() => call, ClosedError);
  }
  const items = Array.fromAsync(theirs);
  for (let n = 0; n < 4; n++) await quiesce(child);
  await blocked;
  assertEquals(await items, [1, 2]);
  assertEquals(queue.closed, true);
});

Deno.test("Queue ends its own process's iteration when it is closed", async () => {
  const queue = new Queue<number>();
  await queue.put(1);
  const items: number[] = [];
  for await (const item of queue) {
    items.push(item);
    queue.close();
  }
  assertEquals(items, [1]);
});

Deno.test("new Queue() throws RangeError for sizes that are not whole numbers", () => {
  for (const size of [1.5, NaN, Infinity, "3"]) {
    let thrown: unknown;
    try {
      new Queue(size as number);
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof RangeError, String(size));
  }
  for (const size of [0, -1, 1]) new Queue(size);
});

Deno.test("Queue without a maxSize refuses items of other processes while too much waits, and no items of its owner", async () => {
  const hub = new Hub();
  const child = new HubChild(hub);
  const queue = makeHandle<Queue<string>>(hub, "Queue", new QueueObject(0, () => 0, 1024 * 1024));
  const theirs = child.give(queue);
  const large = "x".repeat(600_000);
  const puts = [theirs.put(large), theirs.put(large)];
  await quiesce(child);
  await Promise.all(puts);
  for (const put of [() => theirs.put("more"), () => theirs.putNowait("more")]) {
    const refused = assertRejects(
      put,
      QueueFullError,
      "Cannot put: items of 1 MiB wait to be taken, take them meanwhile",
    );
    await quiesce(child);
    await refused;
  }
  await queue.put("ours");
  assertEquals((await queue.get()).length, large.length);
  const again = theirs.put("more");
  await quiesce(child);
  await again;
  assertEquals([(await queue.get()).length, await queue.get(), await queue.get()], [large.length, "ours", "more"]);
});
