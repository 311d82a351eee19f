// Unit.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TaskState } from "../../../src/pool/scheduling/scheduled_task.ts";
import { TaskQueue } from "../../../src/pool/scheduling/task_queue.ts";

interface Item {
  readonly name: number;
  readonly priority: number;
  state: TaskState;
}

/** The next of an array in which what was added first comes first, within a priority. */
function nextOf(items: readonly Item[]): Item | undefined {
  const open = items.filter(({ state }) => state !== "settled");
  const highest = Math.max(...open.map(({ priority }) => priority));
  return open.find(({ priority }) => priority === highest);
}

const anyOperation = fc.oneof(
  fc.record({ kind: fc.constantFrom("push" as const, "unshift" as const), priority: fc.integer({ min: -2, max: 2 }) }),
  fc.record({ kind: fc.constant("settle" as const), index: fc.nat(30) }),
  fc.record({ kind: fc.constantFrom("shift" as const, "peek" as const) }),
);

Deno.test("TaskQueue gives the highest priority first, the oldest first in it, and nothing that is settled", () => {
  fc.assert(
    fc.property(fc.array(anyOperation, { maxLength: 120 }), (operations) => {
      const queue = new TaskQueue<Item>();
      let model: Item[] = [];
      let name = 0;
      for (const operation of operations) {
        if (operation.kind === "settle") {
          const item = model[operation.index];
          if (item !== undefined) item.state = "settled";
        } else if (operation.kind === "push" || operation.kind === "unshift") {
          const item: Item = { name: ++name, priority: operation.priority, state: "waiting" };
          model[operation.kind](item);
          queue[operation.kind](item);
        } else {
          const expected = nextOf(model);
          assertEquals(queue[operation.kind](), expected);
          if (operation.kind === "shift") model = model.filter((item) => item !== expected);
        }
      }
      for (let expected; (expected = nextOf(model)) !== undefined;) {
        const last = expected;
        assertEquals(queue.shift(), last);
        model = model.filter((item) => item !== last);
      }
      assertEquals(queue.shift(), undefined);
    }),
    { seed: 1, numRuns: 500 },
  );
});

Deno.test("TaskQueue.shift() gives a million tasks in order, half of them cancelled", () => {
  const queue = new TaskQueue<Item>();
  for (let name = 0; name < 1_000_000; name++) {
    queue.push({ name, priority: 0, state: name % 2 === 1 ? "settled" : "waiting" });
  }
  let inOrder = true;
  for (let name = 0; name < 1_000_000; name += 2) inOrder &&= queue.shift()?.name === name;
  assert(inOrder);
  assertEquals(queue.peek(), undefined);
});

Deno.test("TaskQueue.peek() leaves the task in place", () => {
  const queue = new TaskQueue<Item>();
  assertEquals(queue.peek(), undefined);
  const item: Item = { name: 1, priority: 0, state: "waiting" };
  queue.push(item);
  assertEquals([queue.peek(), queue.peek(), queue.shift(), queue.shift()], [item, item, item, undefined]);
});
