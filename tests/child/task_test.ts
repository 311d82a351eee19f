// Unit.
import { assertThrows } from "@std/assert";
import { task } from "../../src/child/mod.ts";

const MEMBERS: Record<string, () => unknown> = {
  signal: () => task.signal,
  attempt: () => task.attempt,
  workerId: () => task.workerId,
  "progress()": () => task.progress(1),
};

for (const [name, use] of Object.entries(MEMBERS)) {
  Deno.test(`task.${name} throws in a process that runs no tasks`, () => {
    assertThrows(use, Error, 'Cannot use "task": no task is running here');
  });
}
