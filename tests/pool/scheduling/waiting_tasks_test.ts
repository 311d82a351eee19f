// Unit.
import { assertEquals } from "@std/assert";
import type { ScheduledTask } from "../../../src/pool/scheduling/scheduled_task.ts";
import { WaitingTasks } from "../../../src/pool/scheduling/waiting_tasks.ts";
import { plainTask } from "../../helpers/simulated/plain_task.ts";

const SLOTS = 3;

Deno.test("WaitingTasks loses no task, whichever slots come to serve its key", () => {
  for (let failing = 0; failing < SLOTS; failing++) {
    for (let serving = 0; serving < SLOTS; serving++) {
      for (const open of [[0], [0, 1], [0, 1, 2]]) {
        if (serving === failing) continue;
        const waiting = new WaitingTasks<ScheduledTask>(SLOTS);
        waiting.rehome(failing, serving);
        for (let id = 0; id < 20; id++) waiting.add({ ...plainTask(id), key: `key ${id}` }, "last");
        waiting.settleHomes(open);
        const taken: number[] = [];
        for (const slot of open) {
          for (let task = waiting.take(slot); task !== undefined; task = waiting.take(slot)) taken.push(task.id);
        }
        const expected = Array.from({ length: 20 }, (_, id) => id);
        assertEquals(taken.sort((a, b) => a - b), expected, `${failing} to ${serving}, then ${open}`);
        assertEquals(waiting.size, 0);
      }
    }
  }
});
