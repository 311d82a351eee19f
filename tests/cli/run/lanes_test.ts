// Unit: results leave in the order of their lanes, whatever comes first.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Lane, Lanes } from "../../../cli/run/lanes.ts";

Deno.test("Lanes hands on items in the order of the lanes, however these are filled, split and closed", () => {
  const step = fc.record({ lane: fc.nat(), what: fc.constantFrom("put", "put", "split", "close") });
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (count, steps) => {
    const given: string[] = [];
    const lanes = new Lanes<string>(true, (item) => given.push(item));
    const open: { lane: Lane<string>; name: string; next: number }[] = [];
    for (let at = 0; at < count; at++) open.push({ lane: lanes.add(at), name: String(at), next: 0 });
    const order = new Map(open.map(({ name }) => [name, [] as string[]]));
    const names = open.map(({ name }) => name);
    for (const { lane: pick, what } of steps) {
      if (open.length === 0) break;
      const at = pick % open.length;
      const one = open[at]!;
      if (what === "put") {
        const item = `${one.name}:${one.next++}`;
        order.get(one.name)!.push(item);
        lanes.put(one.lane, item);
        continue;
      }
      open.splice(at, 1);
      if (what === "split") {
        const name = `${one.name}+`;
        open.splice(at, 0, { lane: lanes.addBehind(one.lane), name, next: 0 });
        names.splice(names.indexOf(one.name) + 1, 0, name);
        order.set(name, []);
      }
      lanes.close(one.lane);
    }
    const expected = names.flatMap((name) => order.get(name)!);
    assertEquals(given, expected.slice(0, given.length));
    lanes.closeAll();
    assertEquals([given, lanes.open], [expected, 0]);
  }));
});

Deno.test("Lanes.takeAll() gives what waits behind gaps in order, and hands on nothing", () => {
  const given: string[] = [];
  const lanes = new Lanes<string>(true, (item) => given.push(item));
  const [first, second, third] = [1, 2, 3].map((sequence) => lanes.add(sequence)) as [
    Lane<string>,
    Lane<string>,
    Lane<string>,
  ];
  lanes.put(third, "c");
  lanes.put(first, "a");
  lanes.put(second, "b");
  lanes.close(third);
  lanes.close(first);
  lanes.addBehind(second);
  lanes.close(second);
  assertEquals([given, lanes.takeAll(), lanes.open], [["a", "b"], ["c"], 0]);
});
