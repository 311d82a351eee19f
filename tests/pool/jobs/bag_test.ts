/** Unit tests of `Bag`. */
import { assertEquals } from "@std/assert";
import { Bag, type Bagged } from "../../../src/pool/jobs/bag.ts";

const member = (): Bagged => ({ place: undefined });

Deno.test("Bag holds what was put in and not taken out, whatever the order", () => {
  const bag = new Bag<Bagged>();
  const [first, middle, last] = [member(), member(), member()] as const;
  for (const one of [first, middle, last]) bag.add(one);
  bag.delete(first);
  assertEquals([bag.size, bag.has(first), bag.has(middle), bag.has(last)], [2, false, true, true]);
  assertEquals(new Set(bag), new Set([middle, last]));
  bag.delete(first);
  bag.delete(last);
  assertEquals([...bag], [middle]);
  bag.add(first);
  bag.delete(middle);
  assertEquals([...bag], [first]);
});
