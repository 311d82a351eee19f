// Unit.
import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { NumberedItems } from "../../src/collections/numbered_items.ts";

const anyOperations = fc.array(
  fc.record({
    operation: fc.constantFrom("append", "append", "remove", "removeFirst", "removeOther"),
    place: fc.nat(8),
  }),
  { maxLength: 60 },
);

Deno.test("NumberedItems does what a map does, and knows its first item", () => {
  fc.assert(
    fc.property(anyOperations, (operations) => {
      const items = new NumberedItems<{ id: number }>();
      const model = new Map<number, { id: number }>();
      let lastId = 0;
      for (const { operation, place } of operations) {
        if (operation === "append") {
          const item = { id: ++lastId };
          items.append(item);
          model.set(item.id, item);
        } else {
          const all = [...model.values()];
          const item = operation === "removeFirst" ? all[0] : all[place];
          // What is not here, or no longer, changes nothing.
          if (operation === "removeOther") items.remove({ id: -1 });
          else if (item !== undefined) {
            items.remove(item);
            items.remove(item);
            model.delete(item.id);
          }
        }
        assertEquals(items.size, model.size);
        assertEquals([...items.all()], [...model.values()]);
        assertStrictEquals(items.first, model.values().next().value);
        for (let id = 0; id <= lastId + 1; id++) assertStrictEquals(items.byId(id), model.get(id));
      }
    }),
  );
});
