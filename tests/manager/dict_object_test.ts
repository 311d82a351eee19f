/** Unit tests of DictObject: in which order it gives its items back, whatever happens in between. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DictObject } from "../../src/manager/objects/dict_object.ts";
import { result } from "../helpers/simulated/steps.ts";

const CALLER = { process: "", task: 0 };

function call(dict: DictObject, operation: string, ...args: unknown[]): unknown {
  const long = dict.longOperations[operation];
  return long === undefined ? dict.operations[operation]!(CALLER, {}, ...args) : result(long(CALLER, ...args));
}

Deno.test("DictObject.popItem() walks the keys once for many items", () => {
  const dict = new DictObject(Array.from({ length: 1000 }, (_, key) => [key, -key]), "it is not there");
  const { keys } = Map.prototype;
  let walks = 0;
  Map.prototype.keys = function () {
    walks++;
    return keys.call(this);
  };
  try {
    for (let key = 999; key >= 0; key--) assertEquals(call(dict, "popItem"), [key, -key]);
  } finally {
    Map.prototype.keys = keys;
  }
  assertEquals(walks, 1);
  assertThrows(() => call(dict, "popItem"), RangeError, "the dict is empty");
});

Deno.test("DictObject.popItem() gives the item whose key came last, as a Map has them", () => {
  const key = fc.constantFrom(-0, 0, 1, "1", 1n, true, NaN, "a", "b");
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant("set"), key) },
    { weight: 4, arbitrary: fc.tuple(fc.constant("delete"), key) },
    { weight: 4, arbitrary: fc.tuple(fc.constant("popItem")) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("clear")) },
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps) => {
    const dict = new DictObject([], "it is not there");
    const model = new Map<unknown, number>();
    for (const [at, [operation, key]] of steps.entries()) {
      if (operation === "popItem") {
        const last = [...model].at(-1);
        if (last === undefined) continue;
        assertEquals(call(dict, "popItem"), last);
        model.delete(last[0]);
        continue;
      }
      if (operation === "set") model.set(key, at);
      else if (operation === "delete") model.delete(key);
      else model.clear();
      call(dict, operation, ...operation === "clear" ? [] : operation === "set" ? [key, at] : [key]);
    }
    assertEquals(call(dict, "entries"), [...model]);
  }));
});
