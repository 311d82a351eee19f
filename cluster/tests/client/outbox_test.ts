// Unit: what waits in the client.
import { assert, assertEquals } from "@std/assert";
import { Outbox } from "../../src/client/outbox.ts";

interface Item {
  readonly request: { readonly priority: number };
  readonly number: number;
}

function item(number: number, priority = 0): Item {
  return { number, request: { priority } };
}

Deno.test("Outbox gives what has the highest priority, then what came first, whatever was taken out between", () => {
  const outbox = new Outbox<Item>();
  const items = Array.from({ length: 12 }, (_, number) => item(number, number % 3));
  for (const item of items) outbox.add(item);
  assertEquals([outbox.remove(items[5]!), outbox.remove(items[5]!)], [true, false]);
  const taken = Array.from({ length: 12 }, () => outbox.take()?.number);
  assertEquals(taken, [2, 8, 11, 1, 4, 7, 10, 0, 3, 6, 9, undefined]);
  assertEquals(outbox.size, 0);
});

Deno.test("Outbox keeps few places for what has left while some always wait", () => {
  const outbox = new Outbox<Item>();
  const waiting = new Set<Item>();
  const next = (number: number): void => {
    const added = item(number);
    outbox.add(added);
    waiting.add(added);
  };
  for (let number = 0; number < 3; number++) next(number);
  let most = 0;
  for (let number = 3; number < 20_000; number++) {
    next(number);
    const [first] = waiting;
    // Some are given up, the others leave.
    if (number % 3 === 0) outbox.remove(first!);
    else assertEquals(outbox.take(), first);
    waiting.delete(first!);
    most = Math.max(most, outbox.places);
  }
  assertEquals(outbox.size, 3);
  assert(most < 3000, `${most}`);
});
