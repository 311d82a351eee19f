/** Unit tests of how items come back to their old places. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../mod.ts";
import { ItemQueue } from "../../src/channels/item_queue.ts";
import { PlaceHeap } from "../../src/channels/place_heap.ts";
import { Prefetch } from "../../src/channels/prefetch.ts";
import { QueueObject } from "../../src/channels/queue_object.ts";
import { Delivery } from "../../src/hub/delivery.ts";
import type { ObjectRef } from "../../src/hub/handle.ts";

const CALLER = { process: "1", task: 0 };

Deno.test("PlaceHeap gives what is inside by its place, whatever is put in and taken between", () => {
  fc.assert(fc.property(fc.array(fc.option(fc.nat())), (steps) => {
    const heap = new PlaceHeap<{ place: number }>();
    let inside: number[] = [];
    for (const place of steps) {
      if (place === null) {
        assertEquals(heap.peek()?.place, inside.length === 0 ? undefined : Math.min(...inside));
        const first = heap.shift()?.place;
        assertEquals(first, inside.length === 0 ? undefined : Math.min(...inside));
        inside = inside.toSpliced(inside.indexOf(first!), first === undefined ? 0 : 1);
      } else if (!inside.includes(place)) {
        heap.push({ place });
        inside.push(place);
      }
      assertEquals(heap.size, inside.length);
    }
  }));
});

Deno.test("ItemQueue keeps its order, in whatever order items come back while others are taken and put", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 5 })), (steps) => {
    const queue = new ItemQueue();
    const out: Delivery[] = [];
    let [last, bytes] = [0, 0];
    const [put, took]: [number[], number[]] = [[], []];
    for (const step of steps) {
      if (step < 3) {
        queue.push(++last);
        put.push(last);
      } else if (step < 5) {
        const next = queue.tryTake(CALLER);
        if (next !== undefined) out.push(next);
      } else out.splice(last % Math.max(out.length, 1), 1)[0]?.requeue();
    }
    for (const delivery of out) delivery.requeue();
    assertEquals(queue.size, put.length);
    bytes = queue.bytes;
    for (let next; (next = queue.tryTake(CALLER)) !== undefined;) took.push(next.value as number);
    assertEquals(took, put);
    assertEquals([queue.bytes, bytes > 0], [0, put.length > 0]);
  }));
});

Deno.test("QueueObject refuses more from other processes when it is full of the smallest items", () => {
  for (const item of ["", 0, null, undefined, [], {}, new Uint8Array(0)]) {
    const { operations } = new QueueObject(0, undefined, 100_000);
    let put = 0;
    const error = assertThrows(() => {
      for (; put < 1100; put++) operations.put!(CALLER, {}, item);
    });
    assertEquals([(error as Error).name, put > 100], ["QueueFullError", true]);
  }
});

Deno.test("Prefetch goes on, and blames the owner, when what was prefetched is not a list of so many items", async () => {
  for (const [value, size] of [[5, 1], [[1, 2], 1], [[], 1], ["ab", 2], [null, 3]] as const) {
    let receive: ((batch: Delivery | undefined) => void) | undefined;
    const ref = {
      type: "Queue",
      isClosed: false,
      prefetch: undefined,
      call: () => Promise.resolve("item"),
      take: (_operation: string, _args: unknown[], callback: typeof receive) => receive = callback,
    } as unknown as ObjectRef;
    const loop = new Prefetch<string>(ref, () => 0);
    while (receive === undefined) assertEquals(await loop.next(), { done: false, value: "item" });
    const next = loop.next();
    assertThrows(() => receive!(new Delivery(value, () => {}, () => {}, size)), ProtocolError, "malformed");
    assertEquals(await next, { done: false, value: "item" });
  }
});
