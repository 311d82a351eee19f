// Unit: results leave in the order of their places, whatever comes first.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Place, ReorderBuffer } from "../../../cli/run/reorder_buffer.ts";

Deno.test("ReorderBuffer hands on items in the order of the places, however these are filled, split and closed", () => {
  const step = fc.record({ place: fc.nat(), what: fc.constantFrom("put", "put", "split", "close") });
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (count, steps) => {
    const given: string[] = [];
    const buffer = new ReorderBuffer<string>(true, (item) => given.push(item));
    const open: { place: Place<string>; name: string; next: number }[] = [];
    for (let at = 0; at < count; at++) open.push({ place: buffer.add(at), name: String(at), next: 0 });
    const order = new Map(open.map(({ name }) => [name, [] as string[]]));
    const names = open.map(({ name }) => name);
    for (const { place: pick, what } of steps) {
      if (open.length === 0) break;
      const at = pick % open.length;
      const one = open[at]!;
      if (what === "put") {
        const item = `${one.name}:${one.next++}`;
        order.get(one.name)!.push(item);
        buffer.put(one.place, item);
        continue;
      }
      open.splice(at, 1);
      if (what === "split") {
        const name = `${one.name}+`;
        open.splice(at, 0, { place: buffer.addBehind(one.place), name, next: 0 });
        names.splice(names.indexOf(one.name) + 1, 0, name);
        order.set(name, []);
      }
      buffer.close(one.place);
    }
    const expected = names.flatMap((name) => order.get(name)!);
    assertEquals(given, expected.slice(0, given.length));
    buffer.closeAll();
    assertEquals([given, buffer.open], [expected, 0]);
  }));
});

Deno.test("ReorderBuffer.takeAll() gives what waits behind gaps in order, and hands on nothing", () => {
  const given: string[] = [];
  const buffer = new ReorderBuffer<string>(true, (item) => given.push(item));
  const [first, second, third] = [1, 2, 3].map((sequence) => buffer.add(sequence)) as [
    Place<string>,
    Place<string>,
    Place<string>,
  ];
  buffer.put(third, "c");
  buffer.put(first, "a");
  buffer.put(second, "b");
  buffer.close(third);
  buffer.close(first);
  buffer.addBehind(second);
  buffer.close(second);
  assertEquals([given, buffer.takeAll(), buffer.open], [["a", "b"], ["c"], 0]);
});
