/** End-to-end: a short soak with a fixed seed. `deno task soak` runs longer ones. */
import { assertEquals, assertGreater } from "@std/assert";
import { soak } from "./soak.ts";

Deno.test("Pool loses, doubles and spoils nothing while its workers are killed and stopped for 8 seconds", async () => {
  const { faults, tasks, kills, stops } = await soak(20_261_129, 8_000);
  assertEquals(faults, []);
  assertGreater(tasks, 100);
  assertGreater(kills + stops, 5);
});
