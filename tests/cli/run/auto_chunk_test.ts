// Unit: how what was lost with a machine goes out again.
import { assert, assertEquals } from "@std/assert";
import type { RecordBlock } from "../../../cli/records/record_block.ts";
import { suspectPart } from "../../../cli/run/auto_chunk.ts";

const block = (count: number, suspect: boolean) => ({ count, suspect }) as RecordBlock;

Deno.test("suspectPart() leaves blocks alone that were not lost", () => {
  assertEquals(suspectPart(block(1000, false), 70, 1), 70);
});

Deno.test("suspectPart() is always smaller than what was lost, down to one record or one batch", () => {
  for (const batch of [1, 3, 10]) {
    for (let count = 1000 * batch; count > batch;) {
      const part = suspectPart(block(count, true), Infinity, batch);
      assert(part < count && part >= batch && part % batch === 0, `${part} of ${count}, batches of ${batch}`);
      count = part;
    }
    assertEquals(suspectPart(block(batch, true), Infinity, batch), batch);
  }
});
